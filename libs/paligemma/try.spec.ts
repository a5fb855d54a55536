import { mkdirSync } from 'node:fs';
import { it } from 'vitest';
import { openCheckpoint } from './checkpoint/checkpoint.js';
import { OnnxModelRunner } from './generation/onnx-model-runner.js';
import { writeRandomCheckpoint } from './random-checkpoint-fixture.js';
import { goldenPicture } from './golden-fixture.js';
it('x', async () => {
  const d = '/tmp/bench-cp'; mkdirSync(d, { recursive: true });
  const t = (l: string, t0: number) => console.log('RES', l, Math.round(performance.now() - t0), 'ms rss', Math.round(process.memoryUsage().rss / 1e6), 'MB');
  let t0 = performance.now();
  await writeRandomCheckpoint(d, { model_type: 'paligemma', text_config: { model_type: 'gemma', hidden_size: 2048, num_hidden_layers: 6 }, vision_config: {} }, 257216);
  t('write', t0); t0 = performance.now();
  const cp = await openCheckpoint(d); const r = await OnnxModelRunner.open(cp, { slots: 8, maxTokens: 2304, vocabularySize: 257152 }); t('load', t0);
  for (let i = 0; i < 2; i++) { t0 = performance.now(); var img = await r.encode(goldenPicture(i, 224)); t('encode', t0); }
  const prefix = [...Array.from({ length: 256 }, () => 257152), 2, ...Array.from({ length: 14 }, (_, i) => 1000 + i * 77), 108];
  const choices = [];
  for (let s = 0; s < 8; s++) { t0 = performance.now(); choices.push(await r.prefill({ slot: s, image: img!, prefix: [...prefix, s + 500], maxTokens: prefix.length + 60 })); t('prefill', t0); }
  for (const B of [1, 8]) { let cur = new Map(choices.slice(0, B).map((c, i) => [i, c.token])); let best = 1e9; for (let i = 0; i < 6; i++) { t0 = performance.now(); const o = await r.decode(cur); best = Math.min(best, performance.now() - t0); cur = new Map([...o].map(([s, c]) => [s, c.token])); if (i === 5) console.log('RES tokens', B, [...o.values()].map((c) => `${c.token}:${c.logProbability.toFixed(3)}`).join(' ')); } console.log('RES decode B', B, best.toFixed(1), 'ms'); }
  console.log('RES mem', JSON.stringify(r.memory), Math.round(process.memoryUsage().rss / 1e6)); t0 = performance.now(); await r.close(); t('close', t0);
}, 590000);
