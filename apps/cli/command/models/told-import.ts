import { hostname } from 'node:os';
import { AppError, type CreateModelImport, type UpdateModelImport } from '#contracts';
import { ModelImportClient } from '../../client/model-import-client.js';
import { findConnection, type ConnectionFlags } from '../../connection/connection.js';
import type { CommandInput } from '../../context.js';

const LOOK_MS = 1_000;
/** Whoever watches takes one that is silent for much longer for dead. */
const HEARTBEAT_MS = 10_000;
/** An import never waits longer than this for the system to hear of it. */
const PATIENCE_MS = 5_000;

type Stage = CreateModelImport['state'];
type Begun = Omit<CreateModelImport, 'host'>;

/**
 * Tells the system, when one is known, how far an import is: its dashboard shows it. An import needs no system:
 * whatever is wrong with that is a note, and the import goes on.
 */
export class ToldImport {
  #told: UpdateModelImport;
  #isNew = false;
  #sentAt = performance.now();
  #sending: Promise<unknown> = Promise.resolve();
  #isSending = false;
  readonly #timer: NodeJS.Timeout;

  private constructor(
    private readonly client: ModelImportClient,
    private readonly id: string,
    private readonly note: (text: string) => void,
    state: Stage,
  ) {
    this.#told = { state };
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /**
   * Runs `work` and tells how it goes and ends. Output and errors: those of `work`; it is given what takes the
   * progress of a stage, in bytes.
   */
  static async during<T extends { readonly bytes: number }>(
    { flags, context }: CommandInput<unknown>,
    begun: Begun,
    work: (show: (state: Stage, bytes: number, total: number) => void) => Promise<T>,
  ): Promise<T> {
    const note = (reason: string): void =>
      context.output.note(`the import goes on, but the system is not told of it: ${reason}`);
    const told = await ToldImport.#begin(flags, context.env, begun, note);
    try {
      const made = await work((state, bytes, total) => told?.show(state, bytes, total));
      await told?.end({ state: 'completed', model_bytes: made.bytes });
      return made;
    } catch (error) {
      await told?.end({ state: 'failed', error: reasonOf(error) });
      throw error;
    }
  }

  static async #begin(
    flags: ConnectionFlags,
    env: NodeJS.ProcessEnv,
    begun: Begun,
    note: (reason: string) => void,
  ): Promise<ToldImport | undefined> {
    try {
      const connection = await findConnection(flags, env);
      if (connection === undefined) return undefined;
      const client = new ModelImportClient(connection);
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const { id } = await client.create({ ...begun, host: hostname() }, { signal });
      return new ToldImport(client, id, note, begun.state);
    } catch (error) {
      note(reasonOf(error).detail);
      return undefined;
    }
  }

  show(state: Stage, bytes: number, total: number): void {
    this.#told = { state, bytes_done: Math.round(bytes), bytes_total: Math.round(total) };
    this.#isNew = true;
  }

  async end(told: UpdateModelImport): Promise<void> {
    clearInterval(this.#timer);
    await this.#sending;
    await this.#send(told).catch((error: unknown) => this.note(reasonOf(error).detail));
  }

  #look(): void {
    if (this.#isSending) return;
    if (!this.#isNew && performance.now() - this.#sentAt < HEARTBEAT_MS) return;
    this.#isNew = false;
    this.#isSending = true;
    this.#sentAt = performance.now();
    // One that was not heard is followed by the next.
    this.#sending = this.#send(this.#told)
      .catch(() => undefined)
      .finally(() => (this.#isSending = false));
  }

  #send(told: UpdateModelImport): Promise<unknown> {
    return this.client.update(this.id, told, { signal: AbortSignal.timeout(PATIENCE_MS) });
  }
}

function reasonOf(error: unknown): { code: string; detail: string } {
  if (error instanceof AppError) return { code: error.code, detail: error.message.slice(0, 4_000) };
  const detail = error instanceof Error ? error.message : String(error);
  return { code: 'model_import.failed', detail: detail.slice(0, 4_000) };
}
