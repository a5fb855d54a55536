/** What this machine can do at best, through the same runtime: the figures that an engine is held against. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeModel, GraphBuilder, MICROSOFT_DOMAIN } from '#onnx';

export interface Limits {
  /** Of one large product of int8 weights and uint8 rows, 10^12 operations a second. */
  readonly int8TeraOps: number;
  /** Of a sum over an array that fits no cache, 10^9 bytes a second. */
  readonly readGigabytes: number;
}

const ROWS = 272;
const INPUTS = 2048;
const OUTPUTS = 16384;
/** 1 GiB of float32. */
const READ = [16384, 16384] as const;
const TRIES = 8;

export async function measureLimits(): Promise<Limits> {
  return { int8TeraOps: await int8TeraOps(), readGigabytes: await readGigabytes() };
}

async function int8TeraOps(): Promise<number> {
  const graph = new GraphBuilder('product');
  const x = graph.input('x', 'uint8', [ROWS, INPUTS]);
  const numbers = new Uint8Array(INPUTS * OUTPUTS).map((_, index) => Math.imul(index, 2654435761));
  const weight = graph.initializer('weight', 'int8', [INPUTS, OUTPUTS], numbers);
  const step = graph.floats('step', Float32Array.of(1 / 127), []);
  const scale = graph.floats('scale', new Float32Array(OUTPUTS).fill(1e-3));
  const zero = graph.initializer('zero', 'uint8', [], Uint8Array.of(128));
  const inputs = [x, weight, step, scale, zero];
  const product = graph.node('y', 'MatMulIntegerToFloat', inputs, {}, MICROSOFT_DOMAIN);
  graph.output(product, 'float32', [ROWS, OUTPUTS]);
  const rows = new Uint8Array(ROWS * INPUTS).map((_, index) => Math.imul(index, 40503));
  const milliseconds = await fastest(graph, new Tensor('uint8', rows, [ROWS, INPUTS]));
  return (2 * ROWS * INPUTS * OUTPUTS) / milliseconds / 1e9;
}

async function readGigabytes(): Promise<number> {
  const graph = new GraphBuilder('read');
  const x = graph.input('x', 'float32', [...READ]);
  graph.output(graph.node('y', 'ReduceMax', [x, graph.integers('axis', [-1])]), 'float32', [
    READ[0],
    1,
  ]);
  const numbers = new Float32Array(READ[0] * READ[1]).fill(1);
  const milliseconds = await fastest(graph, new Tensor('float32', numbers, [...READ]));
  return numbers.byteLength / milliseconds / 1e6;
}

/** The machine is shared: the fastest of several runs is what it can do. */
async function fastest(graph: GraphBuilder, x: Tensor): Promise<number> {
  const session = await InferenceSession.create(encodeModel(graph.build()), {
    logSeverityLevel: 3,
  });
  let best = Infinity;
  for (let run = 0; run < TRIES; run++) {
    const startedAt = performance.now();
    await session.run({ x });
    best = Math.min(best, performance.now() - startedAt);
  }
  await session.release();
  return best;
}
