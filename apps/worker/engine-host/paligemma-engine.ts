import type { Answer, Box, HostResult, Task } from '#contracts';
import {
  confidenceOf,
  decodeImage,
  openMaskDecoder,
  PaliGemma,
  parseOutput,
  resizeBicubic,
  segmentMask,
  type DecodedImage,
  type Generation,
  type ImageFeatures,
  type MaskDecoder,
  type ParsedBox,
} from '#paligemma';
import type { AnalysisEngine, AnalysisRequest, EngineOptions } from './engine.js';

/** Admission order inside the engine: somebody waits for interactive work. */
const PRIORITY = { interactive: 10, bulk: 0 };

const priorityOf = ({ interactive }: AnalysisRequest): number =>
  interactive ? PRIORITY.interactive : PRIORITY.bulk;

/** The real engine: sharp decodes, Pillow's bicubic resizes, PaliGemma answers. */
export async function openEngine(options: EngineOptions): Promise<AnalysisEngine> {
  const model = await PaliGemma.load(options.modelDirectory, {
    slots: options.slots,
    provider: options.provider,
  });
  const masks = await openMaskDecoder(options.modelDirectory);
  const { family, imageSize, parameters } = model.info;
  return {
    model: { family, imageSize, parameters },
    analyse: (request) => analyse({ model, masks }, request, options.imagePixels),
    close: async () => {
      await model.close();
      await masks?.close();
    },
  };
}

interface Models {
  readonly model: PaliGemma;
  /** Absent when the model was imported without. */
  readonly masks: MaskDecoder | undefined;
}

async function analyse(
  models: Models,
  request: AnalysisRequest,
  imagePixels: number,
): Promise<HostResult> {
  const startedAt = performance.now();
  const image = await decodeImage(request.bytes, { limitInputPixels: imagePixels });
  const { model } = models;
  const { imageSize } = model.info;
  const pixels = resizeBicubic(image, imageSize, imageSize).data;
  const decodedAt = performance.now();
  const features = await model.encode(pixels, { priority: priorityOf(request) });
  const encodedAt = performance.now();
  const answers = await Promise.all(
    request.tasks.map((task, index) => answer(models, features, request, task, index, image)),
  );
  return {
    answers,
    width: image.width,
    height: image.height,
    timings: {
      decode_ms: decodedAt - startedAt,
      encode_ms: encodedAt - decodedAt,
      generate_ms: performance.now() - encodedAt,
    },
  };
}

async function answer(
  { model, masks }: Models,
  features: ImageFeatures,
  request: AnalysisRequest,
  task: Task,
  index: number,
  image: DecodedImage,
): Promise<Answer> {
  const generation = await model.answer({
    image: features,
    task,
    priority: priorityOf(request),
    signal: request.signal,
  });
  if (generation.endReason === 'cancelled') throw new Error('cancelled');
  return toAnswer(generation, generation.endReason, task, index, image, masks);
}

async function toAnswer(
  generation: Generation,
  endReason: Answer['end_reason'],
  task: Task,
  index: number,
  image: DecodedImage,
  masks: MaskDecoder | undefined,
): Promise<Answer> {
  const { prompt, text: raw, pieces, logProbabilities } = generation;
  const parsed = parseOutput(raw, {
    width: image.width,
    height: image.height,
    defaultLabel: task.type === 'segment' ? task.label : undefined,
    tokens: pieces.map((text, n) => ({ text, logProbability: logProbabilities[n]! })),
  });
  return {
    task: index,
    prompt,
    raw,
    text: parsed.text,
    boxes: await Promise.all(parsed.boxes.map((box) => toBox(box, image, masks))),
    confidence: confidenceOf(logProbabilities),
    tokens: generation.tokens.length,
    end_reason: endReason,
    warnings: [...parsed.warnings],
  };
}

async function toBox(
  parsed: ParsedBox,
  image: DecodedImage,
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
