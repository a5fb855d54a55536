import { GraphBuilder, int, type Graph, type Value } from '#onnx';
import type { Optimiser } from '../recipe.js';
import type { LearnedTensor } from './learned-tensors.js';

/** Names of what an update reads and gives, by tensor. */
export const updatePorts = {
  weight: (name: string) => `weight of ${name}`,
  gradient: (name: string) => `gradient of ${name}`,
  /** First moment of AdamW, momentum of SGD. */
  first: (name: string) => `first moment of ${name}`,
  /** AdamW only. */
  second: (name: string) => `second moment of ${name}`,
  next: (port: string) => `next ${port}`,
  /** [] each. */
  learningRate: 'learning_rate',
  /** 1 / (1 - beta^step), AdamW only. */
  firstCorrection: 'first_correction',
  secondCorrection: 'second_correction',
  /** Output: the length of the whole gradient, before it is cut. */
  norm: 'gradient_norm',
} as const;

/**
 * One update of all learned tensors: decoupled AdamW (Loshchilov and Hutter 2019, as torch.optim.AdamW) or SGD with
 * momentum (torch.optim.SGD, its decay decoupled as well), after cutting the gradient to `clipNorm`.
 */
export function updateGraph(
  learned: readonly LearnedTensor[],
  optimiser: Optimiser,
  clipNorm: number | undefined,
): Graph {
  const graph = new GraphBuilder('update');
  const number = (name: string): Value => graph.input(name, 'float32', []);
  const shared = new Shared(graph, number(updatePorts.learningRate), optimiser);
  const gradients = learned.map(({ name, shape }) =>
    graph.input(updatePorts.gradient(name), 'float32', shape),
  );
  const norm = emitNorm(graph, gradients);
  graph.output(norm, 'float32', []);
  const factor = clipNorm === undefined ? undefined : emitFactor(graph, norm, clipNorm);
  learned.forEach((tensor, index) => {
    const gradient = gradients[index]!;
    const cut = factor
      ? graph.node(`cut gradient of ${tensor.name}`, 'Mul', [gradient, factor])
      : gradient;
    shared.update(tensor, cut);
  });
  return graph.build();
}

class Shared {
  readonly #corrections: readonly Value[];

  constructor(
    private readonly graph: GraphBuilder,
    private readonly learningRate: Value,
    private readonly optimiser: Optimiser,
  ) {
    const names =
      optimiser.kind === 'adamw' ? [updatePorts.firstCorrection, updatePorts.secondCorrection] : [];
    this.#corrections = names.map((name) => graph.input(name, 'float32', []));
  }

  update(tensor: LearnedTensor, gradient: Value): void {
    const { graph, optimiser } = this;
    const { name, shape } = tensor;
    const weight = graph.input(updatePorts.weight(name), 'float32', shape);
    const direction =
      optimiser.kind === 'adamw'
        ? this.#adam(tensor, gradient, optimiser)
        : this.#average(updatePorts.first(name), tensor, gradient, optimiser.momentum, 1);
    const step = this.#op('Mul', `step of ${name}`, direction, this.learningRate);
    const decayed = shape.length < 2 ? weight : this.#decayed(name, weight);
    this.#give(updatePorts.weight(name), shape, this.#op('Sub', `moved ${name}`, decayed, step));
  }

  /** Only matrices decay: norms and biases are no measure of how complex a model is. */
  #decayed(name: string, weight: Value): Value {
    const { weightDecay } = this.optimiser;
    if (weightDecay === 0) return weight;
    const share = this.#op(
      'Mul',
      `decay of ${name}`,
      weight,
      this.graph.scalar(`rate of ${name}`, weightDecay),
    );
    const loss = this.#op('Mul', `loss of ${name}`, share, this.learningRate);
    return this.#op('Sub', `decayed ${name}`, weight, loss);
  }

  #adam(
    tensor: LearnedTensor,
    gradient: Value,
    { beta1, beta2, epsilon }: Extract<Optimiser, { kind: 'adamw' }>,
  ): Value {
    const { name } = tensor;
    const square = this.#op('Mul', `square of ${name}`, gradient, gradient);
    const first = this.#average(updatePorts.first(name), tensor, gradient, beta1, 1 - beta1);
    const second = this.#average(updatePorts.second(name), tensor, square, beta2, 1 - beta2);
    const [one, two] = this.#corrections as [Value, Value];
    const spread = this.#op('Mul', `variance of ${name}`, second, two);
    const root = this.graph.node(`deviation of ${name}`, 'Sqrt', [spread]);
    const divisor = this.#op(
      'Add',
      `divisor of ${name}`,
      root,
      this.graph.scalar(`epsilon of ${name}`, epsilon),
    );
    const mean = this.#op('Mul', `mean of ${name}`, first, one);
    return this.#op('Div', `direction of ${name}`, mean, divisor);
  }

  /** kept * before + share * value, given as the next state. */
  #average(
    port: string,
    { shape }: LearnedTensor,
    value: Value,
    kept: number,
    share: number,
  ): Value {
    const before = this.graph.input(port, 'float32', shape);
    const old = this.#op('Mul', `old ${port}`, before, this.graph.scalar(`kept ${port}`, kept));
    const fresh =
      share === 1
        ? value
        : this.#op('Mul', `new ${port}`, value, this.graph.scalar(`share ${port}`, share));
    return this.#give(port, shape, this.#op('Add', `sum ${port}`, old, fresh));
  }

  #give(port: string, shape: readonly number[], value: Value): Value {
    const output = this.graph.node(updatePorts.next(port), 'Identity', [value]);
    this.graph.output(output, 'float32', shape);
    return value;
  }

  #op(op: string, name: string, a: Value, b: Value): Value {
    return this.graph.node(name, op, [a, b]);
  }
}

function emitNorm(graph: GraphBuilder, gradients: readonly Value[]): Value {
  const squares = gradients.map((gradient) => {
    const flat = graph.reshape(`flat ${gradient.name}`, gradient, [-1]);
    return graph.node(`squares of ${gradient.name}`, 'ReduceSumSquare', [flat], {
      keepdims: int(0),
    });
  });
  const total = graph.node('squares', 'Sum', squares);
  return graph.node(updatePorts.norm, 'Sqrt', [total]);
}

/** min(1, clip / norm), with torch's 1e-6 against a norm of 0. */
function emitFactor(graph: GraphBuilder, norm: Value, clipNorm: number): Value {
  const safe = graph.node('norm.safe', 'Add', [norm, graph.scalar('norm.least', 1e-6)]);
  const ratio = graph.node('norm.ratio', 'Div', [graph.scalar('norm.most', clipNorm), safe]);
  return graph.node('norm.factor', 'Min', [ratio, graph.scalar('norm.one', 1)]);
}
