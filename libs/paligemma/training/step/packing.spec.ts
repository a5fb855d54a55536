import { Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCheckpoint, type Checkpoint } from '../../checkpoint/checkpoint.js';
import { imagePatches } from '../../generation/image-patches.js';
import { randomStream } from '../../generation/random-stream.js';
import { checkpointFolder } from '../../golden-fixture.js';
import { GraphSession } from '../../graph/graph-session.js';
import { Tokenizer } from '../../tokenizer/tokenizer.js';
import { tokeniseExample } from '../data/tokenise-example.js';
import { learnedTensors } from '../graph/learned-tensors.js';
import { evaluationGraph, trainingPorts } from '../graph/training-graph.js';
import { recipeOf } from '../recipe-fixture.js';
import { firstWeights } from '../run/first-weights.js';
import { batchFeeds } from './batch-feeds.js';
import { firstState } from './learner-state.js';

const BASE = checkpointFolder('tiny-paligemma');
const SIZES = { batch: 1, textTokens: 40, labels: 24 };
const RECIPE = recipeOf();
const EXAMPLES = [
  { prefix: 'caption en', suffix: 'a red car' },
  { prefix: 'answer en what is it?', suffix: 'car' },
  { prefix: 'detect car', suffix: '<loc0001><loc0200><loc0600><loc1023> car' },
];

let checkpoint: Checkpoint;
let session: GraphSession;
let fixed: Record<string, Tensor>;
let tokenizer: Tokenizer;
beforeAll(async () => {
  checkpoint = await openCheckpoint(BASE);
  tokenizer = await Tokenizer.load(BASE);
  const { config, embeddingRows, weightFolder } = checkpoint;
  const learned = learnedTensors(config, embeddingRows, RECIPE.tuning);
  const graph = { ...SIZES, learned, soft: [], recipe: RECIPE, hasTower: true };
  session = await GraphSession.open(evaluationGraph(checkpoint, graph), { weightFolder });
  const { imageSize, patchSize } = config.vision;
  const random = randomStream(3);
  const pixels = Uint8Array.from({ length: imageSize ** 2 * 3 }, () => 256 * random());
  const patches = imagePatches(pixels, imageSize, patchSize);
  const state = firstState(learned, firstWeights(checkpoint, 1), RECIPE.optimiser);
  const rows = config.imageTokens;
  fixed = {
    ...Object.fromEntries(state.weights),
    patches: new Tensor('float32', patches, [rows, patches.length / rows]),
  };
});
afterAll(() => session.release());

async function lossOf(examples: typeof EXAMPLES, seesPrefix: boolean): Promise<number> {
  const texts = examples.map((each) => tokeniseExample(tokenizer, each, SIZES.textTokens));
  const totals = { examples: texts.length, labels: 0 };
  const feeds = batchFeeds([texts], checkpoint.config.imageTokens, SIZES, {
    lossMean: 'example',
    totals,
    seesPrefix,
  });
  const result = await session.run({ ...feeds, ...fixed }, [trainingPorts.loss]);
  return (result[trainingPorts.loss].data as Float32Array)[0]!;
}

it('packs examples so that none sees another: the loss is the mean of theirs', async () => {
  const alone = await Promise.all(EXAMPLES.map((example) => lossOf([example], false)));
  const mean = alone.reduce((sum, loss) => sum + loss, 0) / alone.length;
  for (const order of [EXAMPLES, EXAMPLES.toReversed()]) {
    expect(Math.abs((await lossOf(order, false)) - mean)).toBeLessThan(1e-5);
  }
});

it('lets a picture see the one question that it is asked', async () => {
  const [first] = EXAMPLES;
  const difference = (await lossOf([first!], true)) - (await lossOf([first!], false));
  expect(Math.abs(difference)).toBeGreaterThan(1e-4);
});

it('refuses a pack that does not fit', async () => {
  await expect(lossOf([...EXAMPLES, ...EXAMPLES], false)).rejects.toThrow(RangeError);
});
