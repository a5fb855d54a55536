import { Tensor } from 'onnxruntime-node';
import { trainingPorts } from '../graph/training-graph.js';
import type { SoftKind } from './soft-kinds.js';

/** What the loss of one batch is on, as inputs of its graph. Places that are not filled weigh nothing. */
export class Labels {
  readonly #rows: BigInt64Array;
  readonly #targets: BigInt64Array;
  readonly #weights: Float32Array;
  readonly #hardWeights: Float32Array;
  readonly #softRows: readonly BigInt64Array[];

  constructor(
    private readonly capacity: number,
    private readonly soft: readonly SoftKind[],
  ) {
    this.#rows = new BigInt64Array(capacity);
    this.#targets = new BigInt64Array(capacity);
    this.#weights = new Float32Array(capacity);
    this.#hardWeights = new Float32Array(capacity);
    this.#softRows = soft.map(({ count }) => new BigInt64Array(capacity).fill(BigInt(count)));
  }

  /** In place `at`: state `row` is to say `target`. Errors: `RangeError` behind the last place. */
  set(at: number, row: number, target: number, weight: number): void {
    if (at >= this.capacity) throw new RangeError(`a batch has more than ${this.capacity} labels`);
    this.#rows[at] = BigInt(row);
    this.#targets[at] = BigInt(target);
    this.#weights[at] = weight;
    const kind = this.soft.findIndex(
      ({ firstToken, count }) => target >= firstToken && target < firstToken + count,
    );
    if (kind === -1) this.#hardWeights[at] = weight;
    else this.#softRows[kind]![at] = BigInt(target - this.soft[kind]!.firstToken);
  }

  feeds(): Record<string, Tensor> {
    const shape = [this.capacity];
    return {
      [trainingPorts.labelRows]: new Tensor('int64', this.#rows, shape),
      [trainingPorts.targets]: new Tensor('int64', this.#targets, shape),
      [trainingPorts.weights]: new Tensor('float32', this.#weights, shape),
      [trainingPorts.hardWeights]: new Tensor('float32', this.#hardWeights, shape),
      ...Object.fromEntries(
        this.#softRows.map((rows, kind) => [
          trainingPorts.softRow(kind),
          new Tensor('int64', rows, shape),
        ]),
      ),
    };
  }
}
