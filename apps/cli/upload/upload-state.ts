import { createHash, randomUUID } from 'node:crypto';
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { ImageFile } from './image-file.js';

const lineSchema = z.union([
  z.object({ begun: z.string() }),
  z.object({ set: z.string() }),
  z.object({ import: z.string() }),
  z.object({ file: z.string(), sha256: z.string() }),
  z.object({ file: z.string(), upload: z.string() }),
  z.object({ file: z.string(), sent: z.literal(true) }),
]);
type Line = z.infer<typeof lineSchema>;

interface FileState {
  sha256?: string;
  upload?: string;
  sent?: boolean;
}

/**
 * What a run of `pallet upload` has done, on disk, so that the next one does the rest. A line is appended for each
 * thing done: a run that is killed at any moment loses no more than that line. A file that has changed is another file.
 */
export class UploadState {
  readonly #files = new Map<string, FileState>();
  #begun: string | undefined;
  #set: string | undefined;
  #import: string | undefined;

  private constructor(readonly path: string) {}

  static async open(path: string): Promise<UploadState> {
    const state = new UploadState(path);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const text = await readFile(path, 'utf8').catch(() => '');
    // The last line may be half a line, and the next one then stands on its own.
    if (text !== '' && !text.endsWith('\n')) await appendFile(path, '\n');
    for (const line of text.split('\n')) state.#take(line);
    return state;
  }

  get set(): string | undefined {
    return this.#set;
  }

  /** What the server fetches from a bucket. */
  get import(): string | undefined {
    return this.#import;
  }

  get isNew(): boolean {
    return this.#files.size === 0;
  }

  /** The same for each run that goes on from this state: a set that was asked for twice is made once. */
  async idempotencyKey(): Promise<string> {
    if (this.#begun === undefined) await this.#write({ begun: randomUUID() });
    return this.#begun!;
  }

  keepSet(set: string): Promise<void> {
    return this.#write({ set });
  }

  keepImport(id: string): Promise<void> {
    return this.#write({ import: id });
  }

  of(file: ImageFile): Readonly<FileState> {
    return this.#files.get(keyOf(file)) ?? {};
  }

  keepHash(file: ImageFile, sha256: string): Promise<void> {
    return this.#write({ file: keyOf(file), sha256 });
  }

  keepUpload(file: ImageFile, upload: string): Promise<void> {
    return this.#write({ file: keyOf(file), upload });
  }

  async keepSent(files: readonly ImageFile[]): Promise<void> {
    await this.#write(...files.map((file) => ({ file: keyOf(file), sent: true as const })));
  }

  /** All is done: the next run is a new one. */
  async forget(): Promise<void> {
    await rm(this.path, { force: true });
  }

  async #write(...lines: Line[]): Promise<void> {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    for (const line of lines) this.#apply(line);
    await appendFile(this.path, text, { mode: 0o600 });
  }

  #take(text: string): void {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return;
    }
    const line = lineSchema.safeParse(json);
    if (line.success) this.#apply(line.data);
  }

  #apply(line: Line): void {
    if ('begun' in line) this.#begun = line.begun;
    else if ('set' in line) this.#set = line.set;
    else if ('import' in line) this.#import = line.import;
    else {
      const { file, ...news } = line;
      this.#files.set(file, { ...this.#files.get(file), ...news });
    }
  }
}

const keyOf = ({ path, bytes, modifiedMs }: ImageFile): string =>
  JSON.stringify([resolve(path), bytes, modifiedMs]);

/** One file per server, set and sources, in the user's folder for such things. */
export function defaultStatePath(
  env: NodeJS.ProcessEnv,
  run: { url: string; set: string | undefined; name: string | undefined; paths: readonly string[] },
): string {
  const base = env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local', 'state');
  const identity = [run.url, run.set, run.name, ...run.paths.map((path) => resolve(path))];
  const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16);
  return join(base, 'pallet', 'uploads', `${name}.jsonl`);
}
