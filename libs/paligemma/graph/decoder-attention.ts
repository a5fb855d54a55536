import { float, int, ints, MICROSOFT_DOMAIN, type GraphBuilder, type Value } from '#onnx';
import type { TextConfig } from '../checkpoint/model-config.js';
import { keyParts } from './cache-layout.js';
import type { Dialect } from './dialect.js';
import { capped } from './softcap.js';

/** Where a layer takes its weights from; `Weights` of a checkpoint, but for a self-test. */
export interface LayerWeights {
  /** x [rows, inputs] -> [rows, outputs] */
  linear(name: string, x: Value, options: { bias: boolean }): Value;
  rmsNorm(name: string, x: Value, epsilon: number): Value;
}

/** Values that every layer's attention reads. */
export interface AttentionInputs {
  /** int64 [3]: batch, tokens, -1. */
  readonly tokenShape: Value;
  /** int64 [batch, tokens] */
  readonly positions: Value;
  readonly cos: Value;
  readonly sin: Value;
  /** [batch, 1, 1, past]: 0 where the cache holds a token, very negative where it does not. */
  readonly pastMask: Value;
  /** int64 [2]: past, tokens. */
  readonly split: Value;
  /** int64 [5]: batch, keyValueHeads, tokens * group, past / RUN, RUN. Only where the dialect cuts sums. */
  readonly pastShape?: Value;
}

/** Of new tokens: [batch, keyValueHeads, tokens, headSize]. */
export interface KeyValue {
  readonly key: Value;
  readonly value: Value;
}

/**
 * key: [batch, keyValueHeads, parts, past, headSize / parts]; value: [batch, keyValueHeads, past / RUN, RUN, headSize].
 * Where the dialect does not cut sums, both are [batch, keyValueHeads, past, headSize].
 */
export interface CachedKeyValue {
  readonly key: Value;
  readonly value: Value;
  /** Of tokens behind the cached ones, when a loop inside the graph carries them. */
  readonly recent?: KeyValue;
}

/**
 * Attention of new tokens over cached and new keys: every new token sees all of both. That is PaliGemma's
 * prefix (image and prompt see each other) at prefill, and one new token seeing everything at decode.
 *
 * The cache is only read: scores over cached and over new keys are computed apart and joined before the softmax.
 * So the new keys alone leave the graph. The runtime's own cache operators return the whole cache at each step,
 * and this binding copies every output: 18 layers took 89 ms instead of 16 at 16 slots.
 */
export class DecoderAttention {
  constructor(
    private readonly graph: GraphBuilder,
    private readonly weights: LayerWeights,
    private readonly text: TextConfig,
    private readonly shared: AttentionInputs,
    private readonly dialect: Dialect,
  ) {}

  /**
   * x [batch * tokens, hidden] -> the same shape, and the new tokens' keys and values, behind the recent ones if
   * there are any.
   */
  layer(name: string, x: Value, past: CachedKeyValue): { mixed: Value; fresh: KeyValue } {
    const own = {
      key: this.#headsFirst(
        `${name}.key`,
        this.#rotated(`${name}.k_proj`, x, this.text.keyValueHeads),
      ),
      value: this.#headsFirst(`${name}.value`, this.#projected(`${name}.v_proj`, x)),
    };
    const fresh = past.recent ? this.#joined(name, past.recent, own) : own;
    const query = this.#groupedQuery(name, this.#rotated(`${name}.q_proj`, x, this.text.heads));
    const mixed = this.#attend(name, query, past, fresh);
    const flat = this.#flat(name, mixed);
    return { mixed: this.weights.linear(`${name}.o_proj`, flat, { bias: false }), fresh };
  }

  #joined(name: string, earlier: KeyValue, later: KeyValue): KeyValue {
    const join = (part: keyof KeyValue): Value =>
      this.graph.node(`${name}.${part}.joined`, 'Concat', [earlier[part], later[part]], {
        axis: int(2),
      });
    return { key: join('key'), value: join('value') };
  }

  /** query: [batch, keyValueHeads, rows, headSize] */
  #attend(name: string, query: Value, past: CachedKeyValue, fresh: KeyValue): Value {
    const { graph, shared } = this;
    const seen = this.#capped(`${name}.past`, this.#pastScores(`${name}.past`, query, past.key));
    const masked = graph.node(`${name}.past.masked`, 'Add', [seen, shared.pastMask]);
    const own = this.#capped(`${name}.fresh`, this.#product(`${name}.fresh`, query, fresh.key));
    const axis = { axis: int(-1) };
    const scores = graph.node(`${name}.scores`, 'Concat', [masked, own], axis);
    const weights = graph.node(`${name}.weights`, 'Softmax', [scores], axis);
    const parts = graph.nodes(`${name}.parts`, 'Split', 2, [weights, shared.split], axis);
    return graph.node(`${name}.mixed`, 'Add', [
      this.#pastMix(`${name}.past`, parts[0]!, past.value),
      graph.node(`${name}.fresh.mixed`, 'MatMul', [parts[1], fresh.value]),
    ]);
  }

  /** The sum over each part of the head apart: see cache-layout.ts. */
  #pastScores(name: string, query: Value, key: Value): Value {
    if (!this.dialect.cutsSums) return this.#product(name, query, key);
    const parts = keyParts(this.text.headSize);
    const split = this.graph.reshape(`${name}.query.split`, query, [
      0,
      0,
      -1,
      parts,
      this.text.headSize / parts,
    ]);
    const turned = this.#partsFirst(`${name}.query`, split);
    return this.#sumParts(`${name}.scores`, this.#product(name, turned, key));
  }

  /** The sum over each run of cached tokens apart. */
  #pastMix(name: string, weights: Value, value: Value): Value {
    if (!this.dialect.cutsSums) return this.graph.node(`${name}.mixed`, 'MatMul', [weights, value]);
    const inputs = [weights, this.shared.pastShape];
    const split = this.graph.node(`${name}.weights.split`, 'Reshape', inputs);
    const turned = this.#partsFirst(`${name}.weights`, split);
    const mixed = this.graph.node(`${name}.runs`, 'MatMul', [turned, value]);
    return this.#sumParts(`${name}.mixed`, mixed);
  }

  #sumParts(name: string, x: Value): Value {
    const axes = this.graph.integers(`${name}.axes`, [2]);
    return this.graph.node(name, 'ReduceSum', [x, axes], { keepdims: int(0) });
  }

  /** query x key^T x scale; divided by the softcap already, when there is one. */
  #product(name: string, query: Value, key: Value): Value {
    const { attentionScale, attentionSoftcap } = this.text;
    const factor = attentionScale / (attentionSoftcap ?? 1);
    if (!this.dialect.hasFusedMatMul) return this.#plainProduct(name, query, key, factor);
    const attributes = { transB: int(1), alpha: float(factor) };
    return this.graph.node(
      `${name}.product`,
      'FusedMatMul',
      [query, key],
      attributes,
      MICROSOFT_DOMAIN,
    );
  }

  /** Turns query and scores, which are small, and not the keys, which may be the whole cache. */
  #plainProduct(name: string, query: Value, key: Value, factor: number): Value {
    const turn = { perm: ints([0, 1, 3, 2]) };
    const turned = this.graph.node(`${name}.query.turned`, 'Transpose', [query], turn);
    const product = this.graph.node(`${name}.product.turned`, 'MatMul', [key, turned]);
    const scores = this.graph.node(`${name}.product`, 'Transpose', [product], turn);
    const scale = this.graph.scalar(`${name}.factor`, factor);
    return this.graph.node(`${name}.product.scaled`, 'Mul', [scores, scale]);
  }

  /** Before the mask, as the reference does. */
  #capped(name: string, scores: Value): Value {
    return capped(this.graph, name, scores, this.text.attentionSoftcap);
  }

  /** [batch, tokens, outputs] */
  #projected(name: string, x: Value): Value {
    const flat = this.weights.linear(name, x, { bias: false });
    return this.graph.node(`${name}.tokens`, 'Reshape', [flat, this.shared.tokenShape]);
  }

  #rotated(name: string, x: Value, heads: number): Value {
    const { cos, sin, positions } = this.shared;
    const inputs = [this.#projected(name, x), cos, sin, positions];
    return this.graph.node(`${name}.rotated`, 'RotaryEmbedding', inputs, { num_heads: int(heads) });
  }

  /** [batch, tokens, heads * size] -> [batch, heads, tokens, size] */
  #headsFirst(name: string, x: Value): Value {
    const { keyValueHeads, headSize } = this.text;
    const split = this.graph.reshape(`${name}.split`, x, [0, 0, keyValueHeads, headSize]);
    return this.graph.node(name, 'Transpose', [split], { perm: ints([0, 2, 1, 3]) });
  }

  /**
   * [batch, tokens, heads * size] -> [batch, keyValueHeads, tokens * group, size]: the query heads that share a
   * key head become rows of one product.
   */
  #groupedQuery(name: string, query: Value): Value {
    const { heads, keyValueHeads, headSize } = this.text;
    const group = heads / keyValueHeads;
    const shape = [0, keyValueHeads, -1, headSize];
    if (keyValueHeads === 1) return this.graph.reshape(`${name}.query`, query, shape);
    const split = this.graph.reshape(`${name}.query.split`, query, [
      0,
      0,
      keyValueHeads,
      group,
      headSize,
    ]);
    const turned = this.#swapTokensAndHeads(`${name}.query.turned`, split);
    return this.graph.reshape(`${name}.query`, turned, shape);
  }

  /** The way back: [batch, keyValueHeads, tokens * group, size] -> [batch * tokens, heads * size] */
  #flat(name: string, mixed: Value): Value {
    const { heads, keyValueHeads, headSize } = this.text;
    const shape = [-1, heads * headSize];
    if (keyValueHeads === 1) return this.graph.reshape(`${name}.flat`, mixed, shape);
    const group = heads / keyValueHeads;
    const split = this.graph.reshape(`${name}.mixed.split`, mixed, [0, 0, -1, group, headSize]);
    return this.graph.reshape(
      `${name}.flat`,
      this.#swapTokensAndHeads(`${name}.mixed.turned`, split),
      shape,
    );
  }

  /** [batch, heads, rows, parts, n] -> [batch, heads, parts, rows, n] */
  #partsFirst(name: string, x: Value): Value {
    return this.graph.node(name, 'Transpose', [x], { perm: ints([0, 1, 3, 2, 4]) });
  }

  #swapTokensAndHeads(name: string, x: Value): Value {
    return this.graph.node(name, 'Transpose', [x], { perm: ints([0, 2, 1, 3, 4]) });
  }
}
