import type { Tensor } from 'onnxruntime-node';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { GraphSession } from '../../graph/graph-session.js';
import { openMaskDecoder } from '../../output/mask/open-mask-decoder.js';
import { PaliGemma } from '../../paligemma.js';
import type { TrainingData } from '../data/training-data.js';
import type { TrainingExample } from '../data/training-example.js';
import {
  evaluationGraph,
  trainingPorts,
  type TrainingGraphOptions,
} from '../graph/training-graph.js';
import { scoreAnswers } from '../metric/score-answers.js';
import type { ScoredAnswer } from '../metric/scored-answer.js';

type Feeds = Readonly<Record<string, Tensor>>;

/** Mean loss of batches whose weights add up over all of them. */
export async function evaluateLoss(
  checkpoint: Checkpoint,
  options: TrainingGraphOptions,
  weights: ReadonlyMap<string, Tensor>,
  batches: readonly Feeds[],
): Promise<number> {
  let loss = 0;
  await evaluate(checkpoint, options, weights, batches, [trainingPorts.loss], (result) => {
    loss += (result[trainingPorts.loss]!.data as Float32Array)[0]!;
  });
  return loss;
}

/** By question about points: `points.QUESTION.exact_match`, the share of labels whose token is the likeliest. */
export async function evaluatePoints(
  checkpoint: Checkpoint,
  options: TrainingGraphOptions,
  weights: ReadonlyMap<string, Tensor>,
  batches: readonly Feeds[],
): Promise<Record<string, number>> {
  const { places = [options.labels] } = options;
  const questionOf = places.flatMap((count, question) => Array<number>(count).fill(question));
  const [asked, right] = [places.map(() => 0), places.map(() => 0)];
  const count = ({ logits }: Results, feeds: Feeds): void => {
    const targets = feeds[trainingPorts.targets]!.data as BigInt64Array;
    const isAsked = feeds[trainingPorts.weights]!.data as Float32Array;
    questionOf.forEach((question, row) => {
      if (isAsked[row] === 0) return;
      asked[question]!++;
      if (likeliest(logits!, row) === Number(targets[row])) right[question]!++;
    });
  };
  await evaluate(checkpoint, options, weights, batches, [trainingPorts.logits], count);
  return Object.fromEntries(
    places.map((_, question) => [
      `points.${question}.exact_match`,
      asked[question] === 0 ? 0 : right[question]! / asked[question]!,
    ]),
  );
}

type Results = Readonly<Record<string, Tensor>>;

async function evaluate(
  checkpoint: Checkpoint,
  options: TrainingGraphOptions,
  weights: ReadonlyMap<string, Tensor>,
  batches: readonly Feeds[],
  outputs: readonly string[],
  onResult: (result: Results, feeds: Feeds) => void,
): Promise<void> {
  // Nothing is dropped when nothing is learned.
  const { tuning } = options.recipe;
  const still = tuning.kind === 'lora' ? { ...tuning, dropout: 0 } : tuning;
  const recipe = { ...options.recipe, tuning: still };
  const graph = evaluationGraph(checkpoint, { ...options, recipe });
  const session = await GraphSession.open(graph, {
    weightFolder: checkpoint.weightFolder,
    hasFixedSizes: true,
  });
  try {
    for (const batch of batches) {
      onResult(await session.run({ ...batch, ...Object.fromEntries(weights) }, outputs), batch);
    }
  } finally {
    await session.release();
  }
}

function likeliest({ data, dims }: Tensor, row: number): number {
  const values = data as Float32Array;
  const [, count] = dims as [number, number];
  let best = 0;
  for (let at = 1; at < count; at++) {
    if (values[row * count + at]! > values[row * count + best]!) best = at;
  }
  return best;
}

/** What a written checkpoint answers to the first `count` examples, scored; masks when it has a mask decoder. */
export async function evaluateAnswers(
  folder: string,
  data: TrainingData<TrainingExample>,
  count: number,
  maxNewTokens: number,
): Promise<Record<string, number>> {
  const engine = await PaliGemma.load(folder);
  const answers: ScoredAnswer[] = [];
  try {
    for await (const result of engine.generate(questions(data, count, maxNewTokens))) {
      const { prompt, expected } = result.request;
      answers.push({ prefix: prompt, expected, actual: result.error ? '' : result.raw });
    }
  } finally {
    await engine.close();
  }
  const decoder = await openMaskDecoder(folder);
  try {
    return await scoreAnswers(answers, decoder);
  } finally {
    await decoder?.close();
  }
}

async function* questions(
  data: TrainingData<TrainingExample>,
  count: number,
  maxNewTokens: number,
) {
  let asked = 0;
  for (let unit = 0; unit < data.count; unit++) {
    for (const { image, prefix: prompt, suffix: expected } of await data.read(unit)) {
      if (asked++ === count) return;
      yield { image, prompt, expected, maxNewTokens };
    }
  }
}
