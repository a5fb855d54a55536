interface Part {
  name: string;
  stop: () => Promise<unknown> | undefined;
}

/** What was started, stopped in the reverse order; safe to run twice. */
export class Teardown {
  readonly #parts: Part[] = [];

  add(name: string, stop: Part['stop']): void {
    this.#parts.push({ name, stop });
  }

  /** Errors: AggregateError of all that failed, after every part had its turn. */
  async run(): Promise<void> {
    const failures: Error[] = [];
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      try {
        await part.stop();
      } catch (cause) {
        // Keep going: a worker that does not end must not leave the database running.
        failures.push(new Error(`${part.name} did not stop cleanly`, { cause }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Stopping left something behind');
  }
}
