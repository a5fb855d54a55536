import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { openMaskDecoder, PaliGemma, scoreAnswers, type ScoredAnswer } from '#paligemma';
import type { Task } from '#contracts';
import type { Example } from '../answer/example.js';

export interface Examined {
  readonly answers: number;
  readonly scores: Readonly<Record<string, number>>;
}

/**
 * Asks a model every question of a file of held-out examples, as a worker would, and scores its answers. `most` answers
 * at the most.
 */
export async function examine(model: string, examples: string, most = Infinity): Promise<Examined> {
  const engine = await PaliGemma.load(model);
  const answers: ScoredAnswer[] = [];
  try {
    for await (const found of engine.generate(questions(examples, most))) {
      const { prefix, expected } = found.request;
      answers.push({ prefix, expected, actual: found.error ? '' : found.raw });
    }
  } finally {
    await engine.close();
  }
  const decoder = await openMaskDecoder(model);
  try {
    return { answers: answers.length, scores: await scoreAnswers(answers, decoder) };
  } finally {
    await decoder?.close();
  }
}

async function* questions(path: string, most: number) {
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (count++ >= most) return;
    const { image, prefix, suffix } = JSON.parse(line) as Example & { readonly image: string };
    const about = { image: join(dirname(path), image), prefix, expected: suffix };
    const task = placed(prefix);
    yield task ? { ...about, task } : { ...about, prompt: prefix };
  }
}

/** Those that a worker asks for by their grammar. */
function placed(prefix: string): Task | undefined {
  const labels = /^detect (.+)$/.exec(prefix)?.[1]?.split(' ; ');
  if (labels) return { type: 'detect', labels };
  const label = /^segment (.+)$/.exec(prefix)?.[1];
  return label === undefined ? undefined : { type: 'segment', label };
}
