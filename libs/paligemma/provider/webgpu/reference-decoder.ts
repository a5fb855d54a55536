import type { TextConfig } from '../../checkpoint/model-config.js';
import type { RandomWeights } from './random-weights.js';

type Vector = readonly number[];

interface SeenToken {
  /** [keyValueHeads * headSize] */
  readonly key: Vector;
  readonly value: Vector;
}

/**
 * Gemma 2 in plain numbers, one sequence, written from the definition and sharing nothing with the graphs: what a
 * device's answers are compared with. Slow; for tens of tokens of a small model.
 */
export class ReferenceDecoder {
  /** By layer. */
  readonly #seen: SeenToken[][];

  constructor(
    private readonly text: TextConfig,
    private readonly weights: RandomWeights,
  ) {
    this.#seen = Array.from({ length: text.layers }, () => []);
  }

  /** New tokens [tokens, hidden], which all see each other and what came before -> the last one's final state. */
  read(embeddings: Float32Array): Vector {
    const { hiddenSize, layers } = this.text;
    let states = Array.from({ length: embeddings.length / hiddenSize }, (_, token) => [
      ...embeddings.subarray(token * hiddenSize, (token + 1) * hiddenSize),
    ]);
    for (let layer = 0; layer < layers; layer++) states = this.#layer(layer, states);
    return this.#norm('text.norm', states.at(-1)!);
  }

  #layer(index: number, states: readonly Vector[]): number[][] {
    const layer = `text.layers.${index}`;
    const mixed = this.#attention(
      index,
      states.map((state) => this.#norm(`${layer}.input_layernorm`, state)),
    );
    return states.map((state, token) => {
      const first = this.#norm(`${layer}.post_attention_layernorm`, mixed[token]!);
      const attended = add(state, first);
      const inner = this.#norm(`${layer}.pre_feedforward_layernorm`, attended);
      const gate = this.#linear(`${layer}.mlp.gate_proj`, inner).map(gelu);
      const up = this.#linear(`${layer}.mlp.up_proj`, inner);
      const product = gate.map((value, place) => value * up[place]!);
      const wide = this.#linear(`${layer}.mlp.down_proj`, product);
      return add(attended, this.#norm(`${layer}.post_feedforward_layernorm`, wide));
    });
  }

  #attention(index: number, states: readonly Vector[]): Vector[] {
    const name = `text.layers.${index}.self_attn`;
    const seen = this.#seen[index]!;
    const past = seen.length;
    const queries = states.map((state, token) =>
      this.#rotated(this.#linear(`${name}.q_proj`, state), past + token),
    );
    for (const [token, state] of states.entries()) {
      seen.push({
        key: this.#rotated(this.#linear(`${name}.k_proj`, state), past + token),
        value: this.#linear(`${name}.v_proj`, state),
      });
    }
    return queries.map((query) => this.#linear(`${name}.o_proj`, this.#mix(query, seen)));
  }

  #mix(query: Vector, seen: readonly SeenToken[]): number[] {
    const { heads, keyValueHeads, headSize, attentionScale, attentionSoftcap } = this.text;
    return Array.from({ length: heads }, (_, head) => {
      const own = query.slice(head * headSize, (head + 1) * headSize);
      const start = Math.floor((head * keyValueHeads) / heads) * headSize;
      const scores = seen.map(({ key }) => {
        const score = attentionScale * dot(own, key.slice(start, start + headSize));
        const cap = attentionSoftcap;
        return cap === undefined ? score : cap * Math.tanh(score / cap);
      });
      const most = Math.max(...scores);
      const odds = scores.map((score) => Math.exp(score - most));
      const total = odds.reduce((sum, value) => sum + value, 0);
      return Array.from({ length: headSize }, (_unused, place) =>
        dot(
          odds.map((value) => value / total),
          seen.map(({ value }) => value[start + place]!),
        ),
      );
    }).flat();
  }

  /** Pairs are a head's first and second half. */
  #rotated(x: Vector, position: number): number[] {
    const { headSize, ropeTheta } = this.text;
    const half = headSize / 2;
    return x.map((value, index) => {
      const place = index % headSize;
      const angle = position * ropeTheta ** (-(place % half) / half);
      const partner = place < half ? -x[index + half]! : x[index - half]!;
      return value * Math.cos(angle) + partner * Math.sin(angle);
    });
  }

  #linear(name: string, x: Vector): number[] {
    const { numbers, outputs, inputs } = this.weights.matrices.get(name)!;
    return Array.from({ length: outputs }, (_, output) => {
      let sum = 0;
      for (let input = 0; input < inputs; input++) {
        sum += numbers[output * inputs + input]! * x[input]!;
      }
      return sum;
    });
  }

  #norm(name: string, x: Vector): number[] {
    const scale = this.weights.norms.get(name)!;
    const size = Math.sqrt(dot(x, x) / x.length + this.text.rmsNormEpsilon);
    return x.map((value, index) => (value / size) * scale[index]!);
  }
}

function dot(a: Vector, b: Vector): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}

function add(a: Vector, b: Vector): number[] {
  return a.map((value, index) => value + b[index]!);
}

/** The approximation by tanh, as Gemma has it. */
function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}
