import type { Answer, HostResult, Task } from '#contracts';
import {
  decodeImage,
  modelRevision,
  openMaskDecoder,
  PaliGemma,
  resizeBicubic,
  type DecodedImage,
  type ImageFeatures,
  type MaskDecoder,
} from '#paligemma';
import { describeAnswer } from './describe-answer.js';
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
  const revision = await modelRevision(options.modelDirectory, options.provider);
  return {
    model: { family, imageSize, parameters, revision },
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
  return describeAnswer({
    ...generation,
    endReason: generation.endReason,
    task,
    index,
    image,
    masks,
  });
}
