import {
  recordFiles,
  type AcceptedFile,
  type RecordedFile,
  type RecordTarget,
  type SeenBlob,
} from '#database';
import { storeImage, type IntakeParts } from './image-store.js';
import { judgeImage, type Refusal } from './refusal.js';
import { Slots } from './slots.js';
import type { SpooledFile } from './spool.js';

/** Rows of one transaction; nothing is acknowledged before its row is there. */
const CHUNK = 500;
/** Files on their way into the object store at once, per intake. */
const STORES = 8;

export type IntakeTarget = RecordTarget;

/** A file as its client describes it. */
export type TakenFile = Pick<AcceptedFile, 'name' | 'customId' | 'metadata' | 'tasks'>;

/** Told of every file that was taken once its row is committed, in their order. */
export interface IntakeListener {
  recorded(files: readonly AcceptedFile[], rows: readonly RecordedFile[]): void;
}

interface Stored {
  readonly file: AcceptedFile;
  readonly done: Promise<StoreOutcome>;
}

type StoreOutcome = SeenBlob | { readonly refused: Refusal };

/**
 * Takes files into a set: sniffed, stored, recorded. At any moment it holds `STORES` files being stored and
 * the names of a chunk, however many come.
 */
export class ImageIntake {
  readonly #slots = new Slots(STORES);
  readonly #running = new Set<Promise<StoreOutcome>>();
  #stored: Stored[] = [];
  #refused: { name: string; code: string; detail: string }[] = [];

  constructor(
    private readonly parts: IntakeParts,
    private readonly target: IntakeTarget,
    private readonly listener: IntakeListener,
  ) {}

  /**
   * Owns `file` from here on. Output: why it is no picture; then nothing of it is kept. Whether a picture is above
   * the quota of its tenant, the listener is told.
   */
  async take(taken: TakenFile, file: SpooledFile): Promise<Refusal | undefined> {
    const judged = judgeImage(file.head);
    if ('refused' in judged) {
      await file.dispose();
      await this.refuse(taken.name, judged.refused);
      return judged.refused;
    }
    const leave = await this.#slots.enter();
    const { bytes, sha256 } = file;
    const done = this.#store(file, leave);
    this.#stored.push({ file: { ...taken, sha256, bytes, format: judged.format }, done });
    await this.#flushIfFull();
    return undefined;
  }

  async refuse(name: string, { code, detail }: Refusal): Promise<void> {
    this.#refused.push({ name, code, detail });
    await this.#flushIfFull();
  }

  /** Records what is left. Errors: those of the store and of `recordFiles`; then nothing of the chunk is recorded. */
  async flush(): Promise<void> {
    const stored = this.#stored;
    const refused = this.#refused;
    this.#stored = [];
    this.#refused = [];
    if (stored.length + refused.length === 0) return;
    const files = await Promise.all(
      stored.map(async ({ file, done }) => ({ file, outcome: await done })),
    );
    const accepted = files.flatMap(({ file, outcome }) =>
      'refused' in outcome ? [] : [{ ...file, seen: outcome }],
    );
    for (const { file, outcome } of files) {
      if ('refused' in outcome) refused.push({ name: file.name, ...outcome.refused });
    }
    const recorded = await this.parts.database.transaction((tx) =>
      recordFiles(tx, this.target, { accepted, refused }),
    );
    const rows = recorded.accepted.values();
    this.listener.recorded(
      files.map(({ file }) => file),
      files.map(({ outcome }) => ('refused' in outcome ? outcome : rows.next().value!)),
    );
  }

  /** Waits for what is still on its way; after an error nothing of it is recorded. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  #store(file: SpooledFile, leave: () => void): Promise<StoreOutcome> {
    const done = storeImage(this.parts, this.target, file).finally(async () => {
      leave();
      await file.dispose();
    });
    this.#running.add(done);
    // Its failure is thrown at the next flush; until then it must not end the process.
    done.catch(() => undefined).finally(() => this.#running.delete(done));
    return done;
  }

  async #flushIfFull(): Promise<void> {
    if (this.#stored.length + this.#refused.length >= CHUNK) await this.flush();
  }
}
