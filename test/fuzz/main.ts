import { parseArgs } from 'node:util';
import { System } from '../rig/system.js';
import { fuzz } from './fuzz.js';

/** `npm run fuzz -- --minutes N --seed S`: a system of its own, asked for so long. Exit code 1 on a finding. */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
console.log(`seed ${seed}, ${minutes} minutes`);
const system = await System.start({ env: { LOG_LEVEL: 'error' } });
try {
  const forMs = minutes * 60_000;
  const report = await fuzz({ url: system.url, apiKey: system.apiKey, seed, forMs });
  for (const { what, request, answer } of report.findings) {
    console.log(`\n${what}\n  sent ${request}\n  got  ${answer}`);
  }
  const { findings, ...figures } = report;
  console.log(
    JSON.stringify({ fuzz: 'api', seed, minutes, ...figures, findings: findings.length }),
  );
  process.exitCode = findings.length === 0 ? 0 : 1;
} finally {
  await system.stop();
}
// As in test/bench/run.ts: left to itself, Node 20 may never end after so many requests.
process.exit();
