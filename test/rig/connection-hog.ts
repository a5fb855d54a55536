import { setTimeout as lasting } from 'node:timers/promises';
import pg from 'pg';

const LOOK_MS = 20;

/** Takes every connection that PostgreSQL has to give, also each that becomes free, until it lets all of them go. */
export class ConnectionHog {
  readonly #held: pg.Client[] = [];
  #isGreedy = true;
  readonly #taking: Promise<void>;

  constructor(private readonly url: string) {
    this.#taking = this.#take();
  }

  get held(): number {
    return this.#held.length;
  }

  /** Ends the connections of these processes, and has them for itself: resolves when there is none left. */
  async rob(applicationName: string): Promise<void> {
    for (;;) {
      const { rows } = await this.#held[0]!.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
        [applicationName],
      );
      if (rows.length === 0) return;
      await lasting(LOOK_MS);
    }
  }

  /** Resolves when nobody else gets a connection. */
  async untilNoneLeft(): Promise<void> {
    while (await this.#takeOne()) continue;
  }

  async letGo(): Promise<void> {
    this.#isGreedy = false;
    await this.#taking;
    await Promise.all(this.#held.splice(0).map((client) => client.end()));
  }

  async #take(): Promise<void> {
    while (this.#isGreedy) if (!(await this.#takeOne())) await lasting(LOOK_MS);
  }

  /** False when there is none. */
  async #takeOne(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url, application_name: 'hog' });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code === '53300') return false;
      throw error;
    }
    this.#held.push(client);
    return true;
  }
}
