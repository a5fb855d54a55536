import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError, imageKey, fileKey, type BadLine } from '#contracts';
import { findImagesByName, type Database } from '#database';
import { asUploaded, exactContent, type ObjectStore } from '#storage';
import { imageOfDataUrl, parseExample, type ExampleLine } from './example-line.js';
import { readLines } from './lines.js';

/** Lines of one question to the database. */
const BATCH = 256;
const DOWNLOADS = 8;
/** Characters, as `cleanFileName` leaves them, in the units that `length` counts. */
const LONGEST_NAME = 2_048;
/** Bad lines that are told; that there are more is told too. */
const TOLD = 100;

export interface ExampleSource {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly tenantId: string;
  readonly setId: string | null;
  readonly maxImageBytes: number;
}

interface Target {
  readonly file: BadLine['file'];
  readonly fileId: string;
  /** Gets `FILE.jsonl`, and `images/` beside it. */
  readonly folder: string;
}

/**
 * Brings a file of examples and its images onto this disk. Lines keep their numbers; their images become
 * files called by their contents, so that no line can name a file of this machine.
 * Output: path of the written file.
 * Errors: `training.bad_data` with the bad lines; those of the database and the store.
 */
export async function writeExamples(
  source: ExampleSource,
  target: Target,
  signal: AbortSignal,
): Promise<string> {
  await mkdir(join(target.folder, 'images'), { recursive: true });
  const path = join(target.folder, `${target.file}.jsonl`);
  const bad = new BadLines(target.file);
  const stored = await source.store.open(fileKey(source.tenantId, target.fileId));
  await pipeline(
    readLines(stored),
    async function* (lines: AsyncIterable<string>) {
      let first = 1;
      for await (const batch of batches(lines, BATCH)) {
        signal.throwIfAborted();
        yield await rewrite(source, target.folder, batch, (index, detail) =>
          bad.add(first + index, detail),
        );
        first += batch.length;
      }
      if (first === 1) bad.add(1, 'is missing: the file has no lines');
    },
    createWriteStream(path),
    { signal },
  );
  bad.throwIfAny();
  return path;
}

/** The same lines with paths for images; a bad one is told, and left empty. */
async function rewrite(
  source: ExampleSource,
  folder: string,
  lines: readonly string[],
  tell: (index: number, detail: string) => void,
): Promise<string> {
  const examples = lines.map((line, index): ExampleLine | undefined => {
    // As everywhere: an empty line is none, but it counts.
    if (line.trim() === '') return undefined;
    const parsed = parseExample(line);
    if (!('fault' in parsed)) return parsed as ExampleLine;
    tell(index, String(parsed.fault));
    return undefined;
  });
  const images = await locateImages(source, examples);
  const wanted = new Set<string>();
  const written = await Promise.all(
    examples.map(async (example, index) => {
      if (example === undefined) return '';
      const found = images(example);
      if ('fault' in found) {
        tell(index, found.fault);
        return '';
      }
      if ('bytes' in found) await writeFile(join(folder, 'images', found.sha256), found.bytes);
      else wanted.add(found.sha256);
      return JSON.stringify({ ...example, image: `images/${found.sha256}`, sha256: undefined });
    }),
  );
  await download(source, folder, [...wanted]);
  return written.map((line) => `${line}\n`).join('');
}

/** An image of a set may be called like a data: URL, if its hash is there too; no name is longer than this. */
const isInline = ({ image, sha256 }: ExampleLine): boolean =>
  image.startsWith('data:') && (sha256 === undefined || image.length > LONGEST_NAME);

type Located =
  | { readonly sha256: string }
  | { readonly sha256: string; readonly bytes: Buffer }
  | { readonly fault: string };

async function locateImages(
  { database, setId, maxImageBytes }: ExampleSource,
  examples: readonly (ExampleLine | undefined)[],
): Promise<(example: ExampleLine) => Located> {
  const names = examples.flatMap((example) =>
    example === undefined || isInline(example) ? [] : [example.image],
  );
  const found =
    setId === null || names.length === 0
      ? new Map<string, readonly string[]>()
      : await findImagesByName(database, setId, [...new Set(names)]);
  return (example) => {
    const { image, sha256: wanted } = example;
    if (isInline(example)) return locateInline(image, maxImageBytes);
    const shown = JSON.stringify(image.slice(0, 200));
    const contents = found.get(image) ?? [];
    if (image.startsWith('data:') && contents.length === 0) {
      return locateInline(image, maxImageBytes);
    }
    if (setId === null) {
      return { fault: `names the image ${shown}, but the job has no image set` };
    }
    const [sha256, ...others] = contents.filter((content) => content === (wanted ?? content));
    if (sha256 === undefined) {
      const which = contents.length > 0 ? ' with that `sha256`' : '';
      return { fault: `names the image ${shown}${which}, which the set has not` };
    }
    if (others.length === 0) return { sha256 };
    return {
      fault: `names the image ${shown}, of which the set has ${contents.length}: \`sha256\` in the line says which`,
    };
  };
}

function locateInline(url: string, maxImageBytes: number): Located {
  const bytes = imageOfDataUrl(url);
  if (bytes === undefined) return { fault: 'has a data: URL that is no base64 of an image' };
  if (bytes.length > maxImageBytes) {
    return { fault: `has an image of ${bytes.length} bytes; ${maxImageBytes} are allowed` };
  }
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

async function download(
  { store, tenantId }: ExampleSource,
  folder: string,
  wanted: readonly string[],
): Promise<void> {
  const waiting = [...wanted];
  const fetchNext = async (): Promise<void> => {
    for (let sha256 = waiting.pop(); sha256 !== undefined; sha256 = waiting.pop()) {
      const path = join(folder, 'images', sha256);
      if (await isThere(path)) continue;
      await asUploaded(async () => {
        const stored = await store.open(imageKey(tenantId, sha256));
        await pipeline(stored, exactContent(sha256), createWriteStream(path));
      });
    }
  };
  await Promise.all(Array.from({ length: DOWNLOADS }, fetchNext));
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function* batches<T>(values: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const value of values) {
    batch.push(value);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Collects what is wrong, so that it is told at once and not one by one. */
class BadLines {
  readonly #lines: BadLine[] = [];
  #count = 0;

  constructor(private readonly file: BadLine['file']) {}

  add(line: number, detail: string): void {
    this.#count += 1;
    if (this.#lines.length < TOLD) this.#lines.push({ file: this.file, line, detail });
  }

  throwIfAny(): void {
    const lines = this.#lines.toSorted((a, b) => a.line - b.line);
    const [first] = lines;
    if (first === undefined) return;
    const others = this.#count > 1 ? ` (and ${this.#count - 1} more bad lines)` : '';
    throw new AppError(
      'training.bad_data',
      `Line ${first.line} of the ${this.file} ${first.detail}${others}. Correct the file, upload it and create another job.`,
      { context: { lines } },
    );
  }
}
