import type { Answer, Timings } from './answer.js';
import type { Task } from './task.js';

/**
 * What the supervisor and its engine host say to each other over the child process's IPC channel
 * (structured clone, so bytes travel as bytes). Both ends are always of the same build, hence types
 * and no schemas: nothing here crosses a version.
 */
export type ToHost =
  | {
      type: 'analyse';
      /** Unique while it is in flight; echoed in the answer. */
      request: number;
      bytes: Uint8Array;
      tasks: readonly Task[];
      /** Interactive work is admitted before bulk work. */
      interactive: boolean;
    }
  | { type: 'cancel'; request: number }
  | { type: 'stop' };

export type FromHost =
  | { type: 'ready'; model: HostModel }
  | { type: 'answered'; request: number; result: HostResult }
  /** The image or task is at fault; the host is well. */
  | { type: 'refused'; request: number; code: string; detail: string }
  /** Said every now and then: no native call has blocked the host for long. */
  | { type: 'alive'; usage: HostUsage }
  | { type: 'fatal'; code: string; detail: string };

/** What the host has used, on its own clock. */
export interface HostUsage {
  /** Processor time since it started, milliseconds. */
  cpuMs: number;
  /** When that was read, milliseconds since some moment. */
  atMs: number;
  residentBytes: number;
}

export interface HostModel {
  family: string;
  imageSize: number;
  parameters: number;
  /** Changes whenever the same question may get another answer; without one nothing it says is kept as known. */
  revision?: string;
}

export interface HostResult {
  answers: Answer[];
  /** Pixels of the upright image. */
  width: number;
  height: number;
  timings: Omit<Timings, 'fetch_ms'>;
  /** When the first of those stages began, milliseconds since 1970; the host says it, engines need not. */
  startedMs?: number;
}
