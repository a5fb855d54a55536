import type { Tensor } from 'onnxruntime-node';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { GraphSession } from '../../graph/graph-session.js';
import { openMaskDecoder } from '../../output/mask/open-mask-decoder.js';
import { PaliGemma } from '../../paligemma.js';
import type { TrainingData } from '../data/training-data.js';
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
    let loss = 0;
    for (const batch of batches) {
      const feeds = { ...batch, ...Object.fromEntries(weights) };
      const result = await session.run(feeds, [trainingPorts.loss]);
      loss += (result[trainingPorts.loss].data as Float32Array)[0]!;
    }
    return loss;
  } finally {
    await session.release();
  }
}

/** What a written checkpoint answers to the first `count` examples, scored; masks when it has a mask decoder. */
export async function evaluateAnswers(
  folder: string,
  data: TrainingData,
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

async function* questions(data: TrainingData, count: number, maxNewTokens: number) {
  for (let index = 0; index < Math.min(count, data.count); index++) {
    const { image, prefix: prompt, suffix: expected } = await data.read(index);
    yield { image, prompt, expected, maxNewTokens };
  }
}
