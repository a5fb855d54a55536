import { Tensor } from 'onnxruntime-node';
import { AppError } from '#contracts';
import { GraphSession } from '../../graph/graph-session.js';
import {
  CODE_COUNT,
  CODE_WORDS,
  maskDecoderArrays,
  maskDecoderGraph,
  maskPorts,
} from './decoder-graph.js';
import { readNpz } from './npz-file.js';

/** Turns the 16 code words of a segment answer into a mask. */
export class MaskDecoder {
  private constructor(private readonly session: GraphSession) {}

  /**
   * Loads big_vision's `vae-oid.npz` as published (gs://big_vision/paligemma/vae-oid.npz; its encoder is passed over).
   * Errors: `mask_decoder.unreadable`, naming the array that is missing or has another shape.
   */
  static async load(path: string): Promise<MaskDecoder> {
    const expected = maskDecoderArrays();
    const arrays = await readNpz(path, [...expected.keys()]);
    for (const [name, shape] of expected) {
      const actual = arrays.get(name)!.shape;
      if (actual.join() !== shape.join()) {
        throw new AppError(
          'mask_decoder.unreadable',
          `${name} in ${path} is [${actual}] and must be [${shape}]. Use big_vision's vae-oid.npz.`,
          { context: { path, array: name } },
        );
      }
    }
    const graph = maskDecoderGraph(arrays);
    return new MaskDecoder(await GraphSession.open(graph, { weightFolder: '/' }));
  }

  /** 16 code words 0..127 -> [64, 64], about -1 to 1; above 0 is inside. */
  async decode(codes: readonly number[]): Promise<Float32Array> {
    if (
      codes.length !== CODE_COUNT ||
      !codes.every((code) => Number.isInteger(code) && code >= 0 && code < CODE_WORDS)
    ) {
      throw new RangeError(
        `a mask has ${CODE_COUNT} code words from 0 to ${CODE_WORDS - 1}, not ${codes.join()}`,
      );
    }
    const feeds = {
      [maskPorts.codes]: new Tensor('int64', BigInt64Array.from(codes, BigInt), [CODE_COUNT]),
    };
    const outputs = await this.session.run(feeds, [maskPorts.mask]);
    return outputs[maskPorts.mask].data as Float32Array;
  }

  close(): Promise<void> {
    return this.session.release();
  }
}
