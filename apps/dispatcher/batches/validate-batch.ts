import { fileKey, newUuid, publicId, type TenantQuota } from '#contracts';
import {
  endValidation,
  listModels,
  recordBatchChunk,
  type BatchFault,
  type BatchRecord,
  type BatchRefusal,
  type BatchRequest,
} from '#database';
import { findPicture, Slots, type PictureTools } from '#intake';
import { readBatchLine, type BatchLine } from '#openai';
import { readLines, type InputLine } from './read-lines.js';

/** Lines of one transaction. */
const CHUNK = 200;
/** Pictures being fetched or stored at once, for one batch; with their lines they are what is in memory. */
const PICTURES = 8;
/** What stands around the picture in a line. */
const FRAME_BYTES = 65_536;
const MOST_MODELS = 1_000;

export interface ValidationTools extends PictureTools {
  readonly imagesPerSet: number;
  readonly quota: TenantQuota;
}

/**
 * Reads the input from where the last holder left it, brings every picture into the object store, and records what
 * each line is, a stretch at a time. Memory does not grow with the file. At its end the job is planned.
 *
 * Output: false when the lease was lost. Errors: those of `findPicture` and of `recordBatchChunk`; what was recorded stays.
 */
export async function validateBatch(tools: ValidationTools, batch: BatchRecord): Promise<boolean> {
  const reader = new ChunkReader(tools, batch);
  const key = fileKey(batch.tenantId, batch.inputFile);
  const whole = await tools.store.stat(key);
  const from = { bytes: batch.readBytes, lines: batch.readLines };
  if (from.bytes < (whole?.bytes ?? 0)) {
    const range = { start: from.bytes, end: (whole?.bytes ?? 1) - 1 };
    const source = await tools.store.open(key, range);
    const mostBytes = Math.ceil((tools.imageBytes * 4) / 3) + FRAME_BYTES;
    for await (const line of readLines(source, from, mostBytes)) {
      tools.signal.throwIfAborted();
      await reader.take(line);
      if (reader.isFull && !(await reader.record())) return false;
    }
    if (!(await reader.record())) return false;
  }
  await tools.database.transaction((tx) =>
    endValidation(tx, batch, newUuid(), (id) => publicId('batch', id), tools.quota),
  );
  return true;
}

class ChunkReader {
  readonly #slots = new Slots(PICTURES);
  #faulty: boolean;
  #model: string | null;
  #requests: Promise<BatchRequest | BatchRefusal>[] = [];
  #faults: BatchFault[] = [];
  #lines = 0;
  #end: { bytes: number; lines: number };

  constructor(
    private readonly tools: ValidationTools,
    private readonly batch: BatchRecord,
  ) {
    this.#faulty = batch.faultCount > 0;
    this.#model = batch.model;
    this.#end = { bytes: batch.readBytes, lines: batch.readLines };
  }

  get isFull(): boolean {
    return this.#lines >= CHUNK;
  }

  async take({ text, number, end }: InputLine): Promise<void> {
    this.#end = { bytes: end, lines: number };
    this.#lines += 1;
    if (text?.trim() === '') return;
    const line = text === undefined ? TOO_LONG : readBatchLine(text, this.batch.endpoint);
    const fault = line.kind === 'fault' ? line : await this.#judgeModel(line);
    if (fault !== undefined) {
      const { code, message, param = null } = fault;
      this.#faults.push({ code, message, param, line: number });
      this.#faulty = true;
    } else if (line.kind === 'refused') {
      const { code, message: detail, param } = line.refusal;
      const refused = { line: number, customId: line.customId, code, detail, param };
      this.#requests.push(Promise.resolve(refused));
    } else if (line.kind === 'request' && this.#faulty) {
      // A batch that fails needs no pictures; the ids are kept, for a later line may repeat one.
      this.#requests.push(Promise.resolve({ line: number, customId: line.customId, ...UNTRIED }));
    } else if (line.kind === 'request') await this.#takePicture(line, number);
  }

  /** Output: false when the lease was lost. */
  async record(): Promise<boolean> {
    const all = await Promise.all(this.#requests);
    const chunk = {
      requests: all.filter((one): one is BatchRequest => 'task' in one),
      refusals: all.filter((one): one is BatchRefusal => 'code' in one),
      faults: this.#faults,
      model: this.#model,
      readBytes: this.#end.bytes,
      readLines: this.#end.lines,
    };
    const faults = await this.tools.database.transaction((tx) =>
      recordBatchChunk(tx, this.batch, chunk, this.tools),
    );
    if (faults === undefined) return false;
    this.#faulty = faults > 0;
    this.#requests = [];
    this.#faults = [];
    this.#lines = 0;
    return true;
  }

  /** One batch, one model; and one that the tenant may use. */
  async #judgeModel(line: Exclude<BatchLine, { kind: 'fault' }>): Promise<Fault | undefined> {
    const model = line.kind === 'request' ? line.request.model : line.model;
    if (model === undefined || model === this.#model) return undefined;
    if (this.#model !== null) {
      const message = `The model must be the same on every line; the first one names ${this.#model}.`;
      return { code: 'mismatched_model', message, param: 'body.model' };
    }
    this.#model = model;
    const page = { limit: MOST_MODELS };
    const models = await listModels(this.tools.database, this.batch.tenantId, page);
    if (models.some(({ name }) => name === model)) return undefined;
    const known = models.map(({ name }) => name).join(', ') || 'none yet';
    const message = `There is no model ${model.slice(0, 100)}. Known models: ${known}.`;
    return { code: 'model_not_found', message, param: 'body.model' };
  }

  async #takePicture(line: Extract<BatchLine, { kind: 'request' }>, number: number): Promise<void> {
    const leave = await this.#slots.enter();
    const { customId, request } = line;
    const found = findPicture(this.tools, this.batch.tenantId, request.image)
      .then((picture): BatchRequest | BatchRefusal => {
        if (!('refused' in picture))
          return { line: number, customId, task: request.task, ...picture };
        const { code, detail } = picture.refused;
        return { line: number, customId, code, detail, param: 'body' };
      })
      .finally(leave);
    // Thrown when the chunk is recorded; until then it must not end the process.
    found.catch(() => undefined);
    this.#requests.push(found);
  }
}

type Fault = Omit<Extract<BatchLine, { kind: 'fault' }>, 'kind'>;

const UNTRIED = {
  code: 'batch_failed',
  detail: 'Another line of the batch is no request, so that none was tried.',
  param: null,
};

const TOO_LONG: BatchLine = {
  kind: 'fault',
  code: 'line_too_long',
  message:
    'This line is longer than the largest picture allowed. Send the picture as a file, and name it.',
};
