/**
 * Accelerator time per image and task: wall time of the host while it was busy, divided by the answers
 * it gave. Queueing inside the engine does not count, for the host is one accelerator.
 */
export class TaskMeter {
  #tasks = 0;
  #since: number | undefined;

  count(tasks: number): void {
    this.#since ??= performance.now();
    this.#tasks += tasks;
  }

  /** Milliseconds per task since the last reading; undefined when there was too little to tell. */
  read(): number | undefined {
    const { sinceMs, tasks } = { sinceMs: this.#since, tasks: this.#tasks };
    this.#since = undefined;
    this.#tasks = 0;
    if (sinceMs === undefined || tasks < 8) return undefined;
    return (performance.now() - sinceMs) / tasks;
  }
}
