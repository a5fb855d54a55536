import { Tensor } from 'onnxruntime-node';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { GraphSession } from '../../graph/graph-session.js';
import { trainingPorts } from '../graph/training-graph.js';
import { towerGraph } from '../graph/vision-tower.js';
import type { PictureSide } from './batches.js';

/** Of tower outputs: for a set that fits, each picture goes through the tower once. */
const CACHE_BYTES = 2 * 2 ** 30;

/** The frozen tower's output for each picture, computed once and kept while there is room. */
export class TowerSide implements PictureSide {
  readonly port = trainingPorts.tower;
  readonly width: number;
  readonly #known = new Map<string, Float32Array>();
  #bytes = 0;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly checkpoint: Checkpoint,
    private readonly session: GraphSession,
    private readonly patches: (path: string) => Promise<Float32Array>,
  ) {
    this.width = checkpoint.config.vision.hiddenSize;
  }

  static async open(
    checkpoint: Checkpoint,
    patches: (path: string) => Promise<Float32Array>,
    threads?: number,
  ): Promise<TowerSide> {
    const session = await GraphSession.open(towerGraph(checkpoint, 1), {
      weightFolder: checkpoint.weightFolder,
      hasFixedSizes: true,
      ...(threads === undefined ? {} : { threads }),
    });
    return new TowerSide(checkpoint, session, patches);
  }

  async read(path: string): Promise<Float32Array> {
    const known = this.#known.get(path);
    if (known) return known;
    const output = await this.#encoded(await this.patches(path));
    if (this.#bytes + output.byteLength <= CACHE_BYTES) {
      this.#bytes += output.byteLength;
      this.#known.set(path, output);
    }
    return output;
  }

  /** One at a time: the session blocks its thread anyway. */
  #encoded(patches: Float32Array): Promise<Float32Array> {
    const { imageTokens } = this.checkpoint.config;
    const feed = new Tensor('float32', patches, [imageTokens, patches.length / imageTokens]);
    const result = this.#turn.then(async () => {
      const { tower } = await this.session.run({ patches: feed }, ['tower']);
      return tower.data as Float32Array;
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  release(): Promise<void> {
    return this.session.release();
  }
}
