import type { Answer, Box, Task } from '#contracts';
import {
  confidenceOf,
  parseOutput,
  segmentMask,
  type Generation,
  type MaskDecoder,
  type ParsedBox,
} from '#paligemma';

export interface Answered extends Pick<
  Generation,
  'prompt' | 'promptTokens' | 'text' | 'tokens' | 'pieces' | 'logProbabilities'
> {
  readonly endReason: Answer['end_reason'];
  readonly task: Task;
  readonly index: number;
  readonly image: ImageSize;
  /** Absent when the model was imported without. */
  readonly masks: MaskDecoder | undefined;
}

/** Of the upright image. */
interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** What the API says about an answer: what the model wrote, and what can be read in it. */
export async function describeAnswer(answered: Answered): Promise<Answer> {
  const { text: raw, tokens, pieces, logProbabilities, task, image } = answered;
  const parsed = parseOutput(raw, {
    width: image.width,
    height: image.height,
    defaultLabel: task.type === 'segment' ? task.label : undefined,
    tokens: pieces.map((text, n) => ({ text, logProbability: logProbabilities[n]! })),
  });
  const boxes: Box[] = [];
  // One after the other: an answer may hold dozens of masks, and the model's own steps want the cores.
  for (const box of parsed.boxes) boxes.push(await describeBox(box, image, answered.masks));
  return {
    task: answered.index,
    prompt: answered.prompt,
    raw,
    text: parsed.text,
    boxes,
    confidence: confidenceOf(logProbabilities),
    tokens: tokens.length,
    prompt_tokens: answered.promptTokens,
    token_ids: [...tokens],
    token_log_probabilities: logProbabilities.map(fourDecimals),
    end_reason: answered.endReason,
    warnings: [...parsed.warnings],
  };
}

/** Of a probability that no float can hold. */
const LEAST = -1000;

/** JSON has neither infinity nor NaN, which a damaged checkpoint may give. */
function fourDecimals(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1e4) / 1e4 : LEAST;
}

async function describeBox(
  parsed: ParsedBox,
  image: ImageSize,
  masks: MaskDecoder | undefined,
): Promise<Box> {
  const { label, box, pixels, confidence, segmentCodes, maskConfidence } = parsed;
  const mask = masks && (await segmentMask(masks, parsed, image));
  return {
    label,
    box: [...box],
    pixels: [...pixels],
    confidence: confidence ?? 0,
    ...(segmentCodes && { segment_codes: [...segmentCodes] }),
    ...(mask && {
      mask: {
        rle: { size: [...mask.rle.size], counts: mask.rle.counts },
        area: mask.area,
        confidence: maskConfidence ?? 0,
      },
    }),
  };
}
