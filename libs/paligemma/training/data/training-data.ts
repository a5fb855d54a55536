import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { AppError } from '#contracts';
import { checkText, parseLine, type LineLimits } from './check-line.js';
import { PictureChecks } from './picture-checks.js';
import { findPictureFault } from './picture-fault.js';
import type { TrainingExample } from './training-example.js';

const NEWLINE = 0x0a;
/** Faults that a message names; the rest is counted. */
const NAMED_FAULTS = 20;
/** Lines that wait for what is said of their pictures. */
const LINES_AHEAD = 256;

interface Fault {
  readonly line: number;
  readonly reason: string;
}

/**
 * A training file that was read once and checked; of each example only its place in the file is kept, so a file may
 * have millions.
 */
export class TrainingData {
  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    private readonly places: Places,
    /** Of the example with the longest answer, `<eos>` counted. */
    readonly mostLabels: number,
  ) {}

  /**
   * Errors: `training.bad_data`, which names the lines at fault; `training.no_data` when there is no file, or nothing
   * in it.
   */
  static async open(path: string, limits: LineLimits): Promise<TrainingData> {
    const places = new Places();
    const faults: Fault[] = [];
    let mostLabels = 0;
    for await (const { line, offset, length, labels, reason } of checkedLines(path, limits)) {
      mostLabels = Math.max(mostLabels, labels);
      if (reason === undefined) places.add(offset, length);
      else faults.push({ line, reason });
    }
    if (faults.length > 0) throw badData(path, faults);
    if (places.count === 0) throw noData(path, 'has no examples');
    return new TrainingData(path, await open(path, 'r'), places, mostLabels);
  }

  get count(): number {
    return this.places.count;
  }

  async read(index: number): Promise<TrainingExample> {
    const { offset, length } = this.places.at(index);
    const bytes = Buffer.alloc(length);
    await this.file.read(bytes, 0, length, offset);
    return parseLine(this.path, bytes.toString('utf8'));
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

interface CheckedLine {
  /** From 1. */
  readonly line: number;
  readonly offset: number;
  readonly length: number;
  readonly labels: number;
  /** Why it cannot be learned from, if it cannot. */
  readonly reason: string | undefined;
}

/** In the order of the file; empty lines are none, but count. */
async function* checkedLines(path: string, limits: LineLimits): AsyncGenerator<CheckedLine> {
  const pictures = new PictureChecks(findPictureFault);
  const ahead: Promise<CheckedLine>[] = [];
  let line = 0;
  for await (const { offset, bytes } of linesOf(path)) {
    line++;
    const text = bytes.toString('utf8');
    if (text.trim() === '') continue;
    const place = { line, offset, length: bytes.length };
    ahead.push(checkLine(path, text, limits, pictures).then((found) => ({ ...place, ...found })));
    if (ahead.length === LINES_AHEAD) yield await ahead.shift()!;
  }
  for (const last of ahead) yield await last;
}

async function checkLine(
  path: string,
  text: string,
  limits: LineLimits,
  pictures: PictureChecks,
): Promise<Pick<CheckedLine, 'labels' | 'reason'>> {
  try {
    const example = parseLine(path, text);
    const labels = checkText(example, limits);
    return { labels, reason: await pictures.faultOf(example.image) };
  } catch (error) {
    return { labels: 0, reason: (error as Error).message };
  }
}

async function* linesOf(path: string): AsyncGenerator<{ offset: number; bytes: Buffer }> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      let pending = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let end = pending.indexOf(NEWLINE); end !== -1; end = pending.indexOf(NEWLINE)) {
        yield { offset, bytes: pending.subarray(0, end) };
        offset += end + 1;
        pending = pending.subarray(end + 1);
      }
      rest = pending;
    }
  } catch (cause) {
    throw noData(path, `cannot be read: ${(cause as Error).message}`);
  }
  if (rest.length > 0) yield { offset, bytes: rest };
}

/** Offsets and lengths that grow without an object for each. */
class Places {
  #numbers = new Float64Array(2048);
  count = 0;

  add(offset: number, length: number): void {
    if (2 * this.count === this.#numbers.length) {
      const wider = new Float64Array(2 * this.#numbers.length);
      wider.set(this.#numbers);
      this.#numbers = wider;
    }
    this.#numbers[2 * this.count] = offset;
    this.#numbers[2 * this.count + 1] = length;
    this.count++;
  }

  at(index: number): { readonly offset: number; readonly length: number } {
    if (!(index >= 0 && index < this.count)) throw new RangeError(`there is no example ${index}`);
    return { offset: this.#numbers[2 * index]!, length: this.#numbers[2 * index + 1]! };
  }
}

function badData(path: string, faults: readonly Fault[]): AppError {
  const named = faults.slice(0, NAMED_FAULTS).map(({ line, reason }) => `line ${line}: ${reason}`);
  const more = faults.length - named.length;
  const rest = more > 0 ? `\n  and ${more} more` : '';
  return new AppError(
    'training.bad_data',
    `${path} has ${faults.length === 1 ? 'a line' : `${faults.length} lines`} that cannot be learned from:\n  ${named.join('\n  ')}${rest}\nMend or remove them and start again; nothing was trained.`,
    {
      context: {
        path,
        lines: faults.slice(0, 100).map(({ line, reason }) => ({ line, detail: reason })),
      },
    },
  );
}

function noData(path: string, reason: string): AppError {
  return new AppError(
    'training.no_data',
    `${path} ${reason}. Give a file of lines like {"image": "cat.jpg", "prefix": "caption en", "suffix": "a cat"}.`,
    { context: { path } },
  );
}
