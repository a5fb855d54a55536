import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { encodeModel, float, GraphBuilder, int, ints, MICROSOFT_DOMAIN, text } from './index.js';

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
