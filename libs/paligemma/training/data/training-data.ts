import { open, type FileHandle } from 'node:fs/promises';
import { AppError } from '#contracts';
import { checkedLines } from './checked-lines.js';
import type { LineKind, LineSize } from './line-kind.js';

/** Faults that a message names; the rest is counted. */
const NAMED_FAULTS = 20;

interface Fault {
  readonly line: number;
  readonly reason: string;
}

/**
 * A training file that was read once and checked. What is learned from together is a unit: a line, or lines in a row
 * about one picture. Of each only its place in the file is kept, so a file may have millions.
 */
export class TrainingData<Line extends { readonly image: string }> {
  private constructor(
    readonly path: string,
    private readonly kind: LineKind<Line>,
    private readonly file: FileHandle,
    private readonly places: Places,
    /** By question: of the unit that has most, `<eos>` counted. */
    readonly mostLabels: readonly number[],
  ) {}

  /**
   * Errors: `training.bad_data`, which names the lines at fault; `training.no_data` when there is no file, or nothing
   * in it.
   */
  static async open<Line extends { readonly image: string }>(
    path: string,
    kind: LineKind<Line>,
  ): Promise<TrainingData<Line>> {
    const places = new Places();
    const units = new Units(kind, places);
    const faults: Fault[] = [];
    try {
      for await (const { line, offset, length, found } of checkedLines(path, kind)) {
        if ('reason' in found) faults.push({ line, reason: found.reason });
        else units.add(found.image, found.size, offset, length);
      }
    } catch (cause) {
      throw noData(path, `cannot be read: ${(cause as Error).message}`);
    }
    units.end();
    if (faults.length > 0) throw badData(path, faults);
    if (places.count === 0) throw noData(path, 'has no examples');
    return new TrainingData(path, kind, await open(path, 'r'), places, units.mostLabels);
  }

  get count(): number {
    return this.places.count;
  }

  /** The lines of a unit: one or more, all about one picture. */
  async read(index: number): Promise<Line[]> {
    const { offset, length } = this.places.at(index);
    const bytes = Buffer.alloc(length);
    await this.file.read(bytes, 0, length, offset);
    const lines = bytes.toString('utf8').split('\n');
    return lines
      .filter((line) => line.trim() !== '')
      .map((line) => this.kind.parse(this.path, line));
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** Gathers lines in a row about one picture into units, as many as fit. */
class Units {
  mostLabels: readonly number[] = [];
  #image: string | undefined;
  #lines = 0;
  #tokens = 0;
  #labels: readonly number[] = [];
  #start = 0;
  #end = 0;

  constructor(
    private readonly kind: Pick<LineKind<never>, 'pack' | 'textTokens'>,
    private readonly places: Places,
  ) {}

  add(image: string, { tokens, labels }: LineSize, offset: number, length: number): void {
    const fits =
      image === this.#image &&
      this.#lines < this.kind.pack &&
      this.#tokens + tokens <= this.kind.textTokens;
    if (!fits) {
      this.end();
      this.#image = image;
      this.#start = offset;
    }
    this.#lines++;
    this.#tokens += tokens;
    this.#labels = labels.map((count, question) => count + (this.#labels[question] ?? 0));
    this.#end = offset + length;
  }

  /** Of the unit under way. */
  end(): void {
    if (this.#lines === 0) return;
    this.places.add(this.#start, this.#end - this.#start);
    this.mostLabels = this.#labels.map((count, question) =>
      Math.max(count, this.mostLabels[question] ?? 0),
    );
    [this.#lines, this.#tokens, this.#labels] = [0, 0, []];
  }
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
