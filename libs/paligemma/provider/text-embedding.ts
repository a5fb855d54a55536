import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { EMBEDDING } from '../checkpoint/expected-tensors.js';
import { getTensor } from '../checkpoint/match-tensors.js';
import { RowReader } from '../checkpoint/tensor-reader.js';
import type { ImageFeatures } from '../generation/model-runner.js';

/** Rows of the embedding table, read from the file as they are needed. */
export class TextEmbedding {
  readonly #rows: RowReader;
  readonly #hiddenSize: number;
  readonly #scale: number;

  constructor(checkpoint: Checkpoint) {
    this.#hiddenSize = checkpoint.config.text.hiddenSize;
    this.#rows = new RowReader(getTensor(checkpoint.tensors, EMBEDDING));
    this.#scale = Math.fround(Math.sqrt(this.#hiddenSize));
  }

  /** Writes a token's row, times sqrt(hidden), to `target` from `offset` on. */
  read(token: number, target: Float32Array, offset: number): void {
    const row = this.#rows.read(token);
    for (let index = 0; index < row.length; index++) {
      target[offset + index] = row[index]! * this.#scale;
    }
  }

  /** [tokens, hidden] of a whole prefix: image features come first and are not scaled. */
  prefix(image: ImageFeatures, prefix: readonly number[]): Float32Array {
    const embeddings = new Float32Array(prefix.length * this.#hiddenSize);
    embeddings.set(image.data);
    for (let index = image.tokens; index < prefix.length; index++) {
      this.read(prefix[index]!, embeddings, index * this.#hiddenSize);
    }
    return embeddings;
  }

  close(): void {
    this.#rows.close();
  }
}
