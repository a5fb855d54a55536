import type { MaskDecoder } from '../../output/mask/mask-decoder.js';
import { boxScores } from './box-scores.js';
import { cider } from './cider.js';
import { maskScores } from './mask-scores.js';
import { plain, type ScoredAnswer } from './scored-answer.js';
import { tokenF1 } from './token-f1.js';

/** PaliGemma's prefixes of captions: as taught, and the two shorter and longer ones of its first stage. */
const CAPTIONS = new Set(['caption', 'cap', 'describe']);
const PLACES = new Set(['detect', 'segment']);

/**
 * Scores by task, `TASK.METRIC`, from 0 to 1 but for CIDEr's 10. Every task has `exact_match` (blanks and case do not
 * count), and besides:
 * - `detect`, `segment`: `precision`, `recall`, `f1` of boxes (box-scores.ts)
 * - `segment`, with a mask decoder: `mask_iou`, `mask_f1` (mask-scores.ts)
 * - all others, which are texts: `token_f1` (token-f1.ts)
 * - `caption`, `cap`, `describe`, of two captions or more: `cider` (cider.ts)
 */
export async function scoreAnswers(
  answers: readonly ScoredAnswer[],
  maskDecoder?: Pick<MaskDecoder, 'decode'>,
): Promise<Record<string, number>> {
  const scores: Record<string, number> = {};
  for (const [task, all] of byTask(answers)) {
    const found = await scoresOf(task, all, maskDecoder);
    for (const [metric, score] of Object.entries(found)) scores[`${task}.${metric}`] = score;
  }
  return scores;
}

function byTask(answers: readonly ScoredAnswer[]): Map<string, ScoredAnswer[]> {
  const tasks = new Map<string, ScoredAnswer[]>();
  for (const answer of answers) {
    const task = answer.prefix.trim().split(/\s/)[0] ?? '';
    const known = tasks.get(task);
    if (known) known.push(answer);
    else tasks.set(task, [answer]);
  }
  return tasks;
}

async function scoresOf(
  task: string,
  answers: readonly ScoredAnswer[],
  maskDecoder: Pick<MaskDecoder, 'decode'> | undefined,
): Promise<Record<string, number>> {
  const right = answers.filter(({ expected, actual }) => plain(expected) === plain(actual));
  const scores: Record<string, number> = { exact_match: right.length / answers.length };
  if (PLACES.has(task)) {
    Object.assign(scores, boxScores(answers));
    const masks = task === 'segment' && maskDecoder && (await maskScores(answers, maskDecoder));
    if (masks) Object.assign(scores, { mask_iou: masks.iou, mask_f1: masks.f1 });
    return scores;
  }
  scores['token_f1'] = tokenF1(answers);
  if (CAPTIONS.has(task) && answers.length > 1) scores['cider'] = cider(answers);
  return scores;
}
