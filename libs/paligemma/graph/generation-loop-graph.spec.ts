import { Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.js';
import { KeyValueCache } from '../generation/key-value-cache.js';
import { checkpointFolder } from '../golden-fixture.js';
import { pastFeeds } from '../provider/cuda/past-feeds.js';
import { decoderGraph } from './decoder-graph.js';
import { cudaDialect } from './dialect.js';
import { generationLoopGraph, loopPorts } from './generation-loop-graph.js';
import { GraphSession } from './graph-session.js';
import { headGraph } from './head-graph.js';
import { integers } from './integer-tensor.js';

const ROWS = 3;
const STEPS = 12;
const VOCABULARY = 1000;
const checkpoint = await openCheckpoint(checkpointFolder('tiny-paligemma2'));
const { text } = checkpoint.config;
const dialect = { ...cudaDialect, provider: 'cpu' } as const;
const graphWith = (eosId: number) =>
  generationLoopGraph(checkpoint, {
    maxPositions: 64,
    vocabularySize: VOCABULARY,
    eosId,
    dialect,
  });

/** The tokens of each row, from one made-up token that has nothing before it. */
async function generate(eosId: number, steps: number, budget: readonly number[]) {
  const session = await GraphSession.open(graphWith(eosId), {
    weightFolder: checkpoint.weightFolder,
    threads: 1,
  });
  const numbers = Float32Array.from({ length: ROWS * text.hiddenSize }, (_, n) => Math.sin(n * n));
  const cache = new KeyValueCache({ ...text, slots: ROWS, maxTokens: 64 });
  const outputs = await session.run(
    {
      [loopPorts.embeddings]: new Tensor('float32', numbers, [ROWS, 1, text.hiddenSize]),
      [loopPorts.positions]: integers([0, 0, 0], [ROWS, 1]),
      [loopPorts.wanted]: integers([0]),
      [loopPorts.moreSteps]: integers([steps - 1], []),
      [loopPorts.budget]: integers(budget),
      ...pastFeeds(text, cache, { rows: ROWS, tokens: 1, isPrefix: true }),
    },
    [loopPorts.tokens, loopPorts.inverseProbabilities, loopPorts.keyValues],
  );
  await session.release();
  const { data, dims } = outputs[loopPorts.tokens];
  const width = dims[1]!;
  expect(outputs[loopPorts.inverseProbabilities].dims).toEqual([ROWS, width]);
  expect(outputs[loopPorts.keyValues].dims[0]).toBe(width);
  const tokens = [...(data as BigInt64Array)].map(Number);
  return Array.from({ length: ROWS }, (_, row) => tokens.slice(row * width, (row + 1) * width));
}

describe('generationLoopGraph', async () => {
  const NEVER = -1;
  const plenty = [STEPS, STEPS, STEPS];
  const whole = await generate(NEVER, STEPS, plenty);

  it('chooses as many tokens as it is told to, the same ones in a shorter run', async () => {
    expect(whole.map((row) => row.length)).toEqual(plenty);
    const short = await generate(NEVER, 4, plenty);
    expect(short).toEqual(whole.map((row) => row.slice(0, 4)));
    expect(await generate(NEVER, 1, plenty)).toEqual(whole.map((row) => row.slice(0, 1)));
  });

  it('stops when every row has what it wants', async () => {
    const tokens = await generate(NEVER, STEPS, [2, 5, 0]);
    expect(tokens).toEqual(whole.map((row) => row.slice(0, 5)));
  });

  it('stops when every row has met its eos, the first step included', async () => {
    for (const [step, eosId] of whole[1]!.entries()) {
      const first = whole[1]!.indexOf(eosId);
      if (first < step) continue;
      const tokens = await generate(eosId, STEPS, [0, STEPS, 1]);
      expect(tokens).toEqual(whole.map((row) => row.slice(0, step + 1)));
    }
  });

  it('holds the weights of the decoder and the head once, and nothing in the loop', () => {
    const graph = graphWith(NEVER);
    const inFile = ({ initializers }: typeof graph): string[] =>
      initializers.flatMap(({ value, data }) => (data instanceof Uint8Array ? [] : [value.name]));
    const apart = [
      decoderGraph(checkpoint, 64, dialect),
      headGraph(checkpoint, VOCABULARY, dialect),
    ].flatMap(inFile);
    expect(inFile(graph).toSorted()).toEqual(apart.toSorted());
    const { body } = graph.nodes.find(({ op }) => op === 'Loop')!.attributes;
    expect(body!.kind === 'graph' && body!.value.initializers).toEqual([]);
  });
});

describe('generationLoopGraph in f16', () => {
  it('multiplies by float16 weights as they are, and adds up everything else in float32', () => {
    const half = { ...checkpoint, precision: 'f16' as const, tensors: asHalves() };
    const options = { maxPositions: 64, vocabularySize: VOCABULARY, eosId: -1, dialect };
    const { nodes, initializers } = generationLoopGraph(half, options);
    const halves = new Set(
      initializers.flatMap(({ value, type }) => (type === 'float16' ? [value] : [])),
    );
    // All read by products, and by nothing that would widen them.
    const readers = nodes.filter(({ inputs }) =>
      inputs.some((value) => value && halves.has(value)),
    );
    expect(new Set(readers.map(({ op }) => op))).toEqual(new Set(['Gemm']));
    expect(readers).toHaveLength(7 * text.layers + 1);
    const products = new Set(readers.map(({ outputs }) => outputs[0]!));
    const after = nodes.filter(({ inputs }) =>
      inputs.some((value) => value && products.has(value)),
    );
    expect(new Set(after.map(({ op }) => op))).toEqual(new Set(['Cast']));
  });

  /** Descriptions only: no number is read. */
  function asHalves() {
    return new Map(
      [...checkpoint.tensors].map(([name, tensor]) =>
        tensor.shape.length === 2
          ? ([name, { ...tensor, type: 'float16' as const }] as const)
          : ([name, tensor] as const),
      ),
    );
  }
});
