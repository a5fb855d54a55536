import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  encodeModel,
  float,
  GraphBuilder,
  int,
  ints,
  MICROSOFT_DOMAIN,
  subgraph,
  text,
  type Value,
} from './index.js';

type Feeds = Record<string, Tensor>;

async function run(builder: GraphBuilder, feeds: Feeds, folder?: string) {
  const session = await InferenceSession.create(encodeModel(builder.build()), {
    extra: folder ? { session: { model_external_initializers_file_folder_path: folder } } : {},
  });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

const matrix = (values: number[], rows: number) =>
  new Tensor('float32', Float32Array.from(values), [rows, values.length / rows]);

describe('a model written by encodeModel, run by ONNX Runtime', () => {
  it('multiplies by an inline constant, over a dimension known only at run time', async () => {
    const graph = new GraphBuilder('matmul');
    const x = graph.input('x', 'float32', ['rows', 2]);
    const weight = graph.floats('weight', Float32Array.of(1, 2, 3, 4), [2, 2]);
    graph.output(graph.node('y', 'MatMul', [x, weight]), 'float32', ['rows', 2]);
    for (const rows of [1, 3]) {
      const values = Array.from({ length: rows }, () => [1, 10]).flat();
      const { y } = await run(graph, { x: matrix(values, rows) });
      expect(y!.dims).toEqual([rows, 2]);
      expect([...(y!.data as Float32Array)]).toEqual(
        Array.from({ length: rows }, () => [31, 42]).flat(),
      );
    }
  });

  it('carries every kind of attribute, negative integers and left-out inputs', async () => {
    const graph = new GraphBuilder('attributes');
    const x = graph.input('x', 'float32', [2, 2]);
    const turned = graph.node('turned', 'Transpose', [x], { perm: ints([1, 0]) });
    const smooth = graph.node('smooth', 'Gelu', [turned], { approximate: text('tanh') });
    const top = graph.integers('top', []);
    const sum = graph.node('sum', 'ReduceSum', [smooth, top], { noop_with_empty_axes: int(1) });
    const upper = graph.floats('upper', Float32Array.of(2), []);
    const clipped = graph.node('clipped', 'Clip', [sum, undefined, upper]);
    graph.output(graph.node('y', 'Softmax', [clipped], { axis: int(-1) }), 'float32', [2, 2]);
    const { y } = await run(graph, { x: matrix([0, 5, 0, 9], 2) });
    expect([...(y!.data as Float32Array)]).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it('calls the operators of other domains', async () => {
    const graph = new GraphBuilder('fused');
    const x = graph.input('x', 'float32', [1, 2]);
    const attributes = { transB: int(1), alpha: float(0.5) };
    graph.output(
      graph.node('y', 'FusedMatMul', [x, x], attributes, MICROSOFT_DOMAIN),
      'float32',
      [1, 1],
    );
    const { y } = await run(graph, { x: matrix([3, 4], 1) });
    expect([...(y!.data as Float32Array)]).toEqual([12.5]);
  });

  it('names the outputs of a node with several', async () => {
    const graph = new GraphBuilder('split');
    const x = graph.input('x', 'float32', [1, 3]);
    const sizes = graph.integers('sizes', [1, 2]);
    const parts = graph.nodes('part', 'Split', 2, [x, sizes], { axis: int(1) });
    parts.forEach((part, index) => graph.output(part, 'float32', [1, index + 1]));
    const outputs = await run(graph, { x: matrix([7, 8, 9], 1) });
    expect([...(outputs['part:1']!.data as Float32Array)]).toEqual([8, 9]);
  });

  it('reads a constant from the middle of a file, at an odd offset', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'onnx-'));
    try {
      const bytes = new Uint8Array(Float32Array.of(2, 4, 8).buffer);
      await writeFile(join(folder, 'weights.bin'), Buffer.concat([Buffer.alloc(73, 0xff), bytes]));
      const graph = new GraphBuilder('external');
      const x = graph.input('x', 'float32', [3]);
      const weight = graph.initializer('weight', 'float32', [3], {
        location: 'weights.bin',
        offset: 73,
        length: 12,
      });
      graph.output(graph.node('y', 'Mul', [x, weight]), 'float32', [3]);
      const { y } = await run(graph, { x: new Tensor('float32', [1, 1, 1], [3]) }, folder);
      expect([...(y!.data as Float32Array)]).toEqual([2, 4, 8]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** y = x * weight, `times` over, as long as y stays below `limit`; the products too, each beside the last. */
function powers(): GraphBuilder {
  const graph = new GraphBuilder('powers');
  const x = graph.input('x', 'float32', [1]);
  const times = graph.input('times', 'int64', []);
  const multiply = (builder: GraphBuilder, value: Value): Value =>
    builder.node('product', 'Mul', [value, builder.floats('weight', Float32Array.of(3))]);
  const first = multiply(graph, x);
  const always = graph.initializer('always', 'bool', [], Uint8Array.of(1));
  const body = graph.body('step');
  body.input('iteration', 'int64', []);
  body.input('condition', 'bool', []);
  const seen = body.input('seen', 'float32', ['count']);
  const last = body.input('last', 'float32', [1]);
  const next = multiply(body, last);
  const limit = body.node('limit', 'Mul', [x, body.floats('hundred', Float32Array.of(100))]);
  const isLow = body.node('is_low', 'Less', [next, limit]);
  const goesOn = body.node('goes_on', 'Squeeze', [isLow]);
  body.output(goesOn, 'bool', []);
  const all = body.node('all', 'Concat', [seen, next], { axis: int(0) });
  body.output(all, 'float32', ['more']);
  body.output(body.node('newest', 'Identity', [next]), 'float32', [1]);
  const inputs = [times, always, first, first];
  const results = graph.nodes('loop', 'Loop', 2, inputs, { body: subgraph(body.build()) });
  graph.output(results[0]!, 'float32', ['all']);
  graph.output(results[1]!, 'float32', [1]);
  return graph;
}

describe('a body of a loop', () => {
  const count = (times: number) => new Tensor('int64', BigInt64Array.of(BigInt(times)), []);
  const x = new Tensor('float32', [2], [1]);

  it('reads values of the graph around it, and stops when it says so', async () => {
    const results: number[][] = [];
    for (const times of [0, 2, 99]) {
      const { loop } = await run(powers(), { x, times: count(times) });
      results.push([...(loop!.data as Float32Array)]);
    }
    expect(results).toEqual([[6], [6, 18, 54], [6, 18, 54, 162, 486]]);
  });

  it('shares constants with the graph around it', () => {
    const { initializers, nodes } = powers().build();
    expect(initializers.map(({ value }) => value.name)).toEqual(['weight', 'always', 'hundred']);
    const { body } = nodes.find(({ op }) => op === 'Loop')!.attributes;
    expect(body!.kind === 'graph' && body!.value.initializers).toEqual([]);
  });

  it('computes once what reads constants alone', () => {
    const graph = new GraphBuilder('once');
    const make = (builder: GraphBuilder): Value =>
      builder.constantNode('wide', 'Neg', [builder.floats('narrow', Float32Array.of(1))]);
    const outside = make(graph);
    const first = graph.body('one');
    expect([make(first), make(graph.body('two'))]).toEqual([outside, outside]);
    expect(graph.build().nodes).toHaveLength(1);
    expect(first.build().nodes).toHaveLength(0);
  });

  it('refuses another constant of the same name, and values that are not there yet', () => {
    const graph = new GraphBuilder('outside');
    graph.floats('weight', Float32Array.of(3));
    const body = graph.body('step');
    expect(() => body.floats('weight', Float32Array.of(4))).toThrow('two constants are called');
    const inner = body.input('inner', 'float32', [1]);
    expect(() => graph.node('y', 'Neg', [inner])).toThrow('not a value of this graph');
    expect(() => graph.body('other').node('y', 'Neg', [inner])).toThrow('not a value');
  });
});

describe('GraphBuilder', () => {
  it('refuses two values of one name', () => {
    const graph = new GraphBuilder('twice');
    graph.input('x', 'float32', [1]);
    expect(() => graph.floats('x', Float32Array.of(1))).toThrow('two values are called x');
  });

  it('refuses a value of another graph', () => {
    const x = new GraphBuilder('one').input('x', 'float32', [1]);
    expect(() => new GraphBuilder('two').node('y', 'Neg', [x])).toThrow(
      'not a value of this graph',
    );
  });

  it('refuses bytes that do not fit the shape', () => {
    const graph = new GraphBuilder('short');
    const data = { location: 'file', offset: 0, length: 10 };
    expect(() => graph.initializer('w', 'bfloat16', [2, 3], data)).toThrow(
      'takes 12 bytes, not 10',
    );
  });
});
