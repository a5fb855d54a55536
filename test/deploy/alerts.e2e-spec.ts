import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { REPOSITORY } from '../rig/repository.js';

const FOLDER = join(REPOSITORY, 'deploy/monitoring');
/** Where each process names its figures. */
const SOURCES = [
  'apps/api/metrics/http-metrics.ts',
  'apps/dispatcher/metrics/dispatcher-metrics.ts',
  'apps/worker/metrics/worker-metrics.ts',
];

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly runbook: string };
}
interface AlertTest {
  readonly alertname: string;
  readonly exp_alerts: readonly unknown[];
}

const text = (path: string): Promise<string> => readFile(join(REPOSITORY, path), 'utf8');
let rules: readonly Rule[];
let metrics: ReadonlySet<string>;
beforeAll(async () => {
  const file = parse(await text('deploy/monitoring/alerts.yaml')) as {
    groups: { rules: Rule[] }[];
  };
  rules = file.groups.flatMap((group) => group.rules);
  const sources = await Promise.all(SOURCES.map(text));
  metrics = new Set(sources.join('\n').match(/\bpallet_\w+/g));
});

const OWN = join(REPOSITORY, 'node_modules/.cache/pallet/promtool');
const PROGRAM = existsSync(OWN) ? OWN : 'promtool';
const isThere = spawnSync(PROGRAM, ['--version']).status === 0;

/** Prometheus' own tool: `npm test` brings it where it can. */
async function promtool(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(PROGRAM, args, { cwd: FOLDER });
  return stdout;
}

/** A histogram is read by its parts. */
const namesIn = (expression: string): string[] =>
  (expression.match(/\bpallet_\w+/g) ?? []).map((name) => name.replace(/_bucket$/, ''));

describe('the alert rules', () => {
  it.skipIf(!isThere)(
    'are ones that Prometheus takes, and each fires when it should and not before',
    async () => {
      expect(await promtool('check', 'rules', 'alerts.yaml')).toContain(`${rules.length} rules`);
      expect(await promtool('test', 'rules', 'alerts.test.yaml')).toContain('SUCCESS');
    },
  );

  it('have each a test in which they fire', async () => {
    const { tests } = parse(await text('deploy/monitoring/alerts.test.yaml')) as {
      tests: { alert_rule_test: AlertTest[] }[];
    };
    const fired = tests
      .flatMap((test) => test.alert_rule_test)
      .filter((test) => test.exp_alerts.length > 0)
      .map((test) => test.alertname);
    expect(fired).toEqual(rules.map(({ alert }) => alert));
  });

  it.skipIf(!isThere)('are seen to fail when a threshold is another', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pallet-alerts-'));
    try {
      for (const name of ['alerts.yaml', 'alerts.test.yaml']) {
        const content = await text(`deploy/monitoring/${name}`);
        await writeFile(join(folder, name), content.replace('> 0.1', '> 0.9'));
      }
      const tests = join(folder, 'alerts.test.yaml');
      await expect(promtool('test', 'rules', tests)).rejects.toThrow('PalletImagesFail');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('have each their page in the runbook', async () => {
    const runbook = await text('docs/runbook.md');
    const titles = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, title]) => title);
    expect(titles).toEqual(rules.map(({ alert }) => alert));
    for (const { alert, annotations } of rules) {
      expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    }
  });

  it('and the dashboard name only figures that a process shows', async () => {
    const dashboard = JSON.parse(await text('deploy/monitoring/dashboard.json')) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    const drawn = dashboard.panels.flatMap((panel) => panel.targets.map(({ expr }) => expr));
    const named = [...rules.map(({ expr }) => expr), ...drawn].flatMap(namesIn);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !metrics.has(name))).toEqual([]);
  });
});
