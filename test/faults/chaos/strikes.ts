import { setTimeout as lasting } from 'node:timers/promises';
import type { RedisForTests } from '#testing';
import type { Fault } from '../../rig/fault-proxy.js';
import { hostsOf, kill } from '../../rig/process.js';
import type { System, WorkerProcess } from '../../rig/system.js';

export interface Stage {
  readonly system: System;
  readonly redis: RedisForTests;
  readonly random: () => number;
}

/** Something that goes wrong, and is over when it resolves. */
export type Strike = (stage: Stage) => Promise<void>;

const anyOf = <T>({ random }: Stage, list: readonly T[]): T =>
  list[Math.floor(random() * list.length)]!;
const anyWorker = (stage: Stage): WorkerProcess => anyOf(stage, [...stage.system.workers]);
/** Longer than a lease now and then, mostly shorter. */
const aWhile = ({ random }: Stage): Promise<void> => lasting(200 + random() ** 2 * 4_000);

async function killWorker(stage: Stage): Promise<void> {
  const worker = anyWorker(stage);
  kill(worker.pid, 'SIGKILL');
  await worker.exited;
  await stage.system.startWorker();
}

async function drainWorker(stage: Stage): Promise<void> {
  await anyWorker(stage).stop(20_000);
  await stage.system.startWorker();
}

async function killHost(stage: Stage): Promise<void> {
  for (const host of hostsOf(anyWorker(stage).pid)) kill(host, 'SIGKILL');
}

async function freezeWorker(stage: Stage): Promise<void> {
  const { pid } = anyWorker(stage);
  kill(pid, 'SIGSTOP');
  await aWhile(stage);
  kill(pid, 'SIGCONT');
}

async function killDispatcher({ system }: Stage): Promise<void> {
  kill(system.dispatcher.pid, 'SIGKILL');
  await system.dispatcher.exited;
  await system.startDispatcher();
}

async function killApi({ system }: Stage): Promise<void> {
  kill(system.api.pid, 'SIGKILL');
  await system.api.exited;
  await system.startApi();
}

async function freezeRedis(stage: Stage): Promise<void> {
  stage.redis.freeze();
  await aWhile(stage);
  stage.redis.thaw();
}

async function restartRedisEmpty(stage: Stage): Promise<void> {
  await stage.redis.stop();
  await aWhile(stage);
  await stage.redis.start();
}

const flushRedis = ({ redis }: Stage): Promise<void> => redis.flushAll();

/** Of the database; the others lose and break as well, and are covered by the same code. */
const faultsOfDatabase: readonly Fault[] = [
  { kind: 'silence' },
  { kind: 'refuse' },
  { kind: 'delay', ms: 200 },
  { kind: 'lose-reply', to: /INSERT INTO|UPDATE/ },
];
const faultsOfOthers: readonly Fault[] = [
  { kind: 'silence' },
  { kind: 'refuse' },
  { kind: 'slices', bytes: 100 },
  { kind: 'cut', afterBytes: 300 },
];

async function breakWire(stage: Stage): Promise<void> {
  const { system } = stage;
  const { links } = anyOf(stage, [system.api, system.dispatcher, ...system.workers]);
  const wire = anyOf(stage, ['database', 'queue', 'store'] as const);
  links[wire]?.set(anyOf(stage, wire === 'database' ? faultsOfDatabase : faultsOfOthers));
  await aWhile(stage);
  links.heal();
}

export const STRIKES: Readonly<Record<string, Strike>> = {
  killWorker,
  drainWorker,
  killHost,
  freezeWorker,
  killDispatcher,
  killApi,
  freezeRedis,
  restartRedisEmpty,
  flushRedis,
  breakWire,
  breakAnotherWire: breakWire,
  breakOneMoreWire: breakWire,
};
