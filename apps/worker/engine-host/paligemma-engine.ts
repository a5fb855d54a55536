import type { Answer, HostResult, Task } from '#contracts';
import {
  decodeImage,
  PaliGemma,
  parseAnswer,
  promptOf,
  resizeBicubic,
  type ImageFeatures,
} from '#paligemma';
import type { AnalysisEngine, AnalysisRequest, EngineOptions } from './engine.js';

const INTERACTIVE = 10;
const BULK = 0;

/** The real engine: sharp decodes, Pillow's bicubic resizes, PaliGemma answers. */
export async function openEngine(options: EngineOptions): Promise<AnalysisEngine> {
  const model = await PaliGemma.load(options.modelDirectory, { slots: options.slots });
  const { family, imageSize, parameters } = model.info;
  return {
    model: { family, imageSize, parameters },
    slots: options.slots,
    analyse: (request) => analyse(model, request, options.imagePixels),
    close: () => model.close(),
  };
}

async function analyse(
  model: PaliGemma,
  request: AnalysisRequest,
  imagePixels: number,
): Promise<HostResult> {
  const startedAt = performance.now();
  const image = await decodeImage(request.bytes, { maxPixels: imagePixels });
  const { imageSize } = model.info;
  const pixels = resizeBicubic(image, imageSize, imageSize).data;
  const decodedAt = performance.now();
  const features = await model.encode(pixels);
  const encodedAt = performance.now();
  const answers = await Promise.all(
    request.tasks.map((task, index) => answer(model, features, request, task, index, image)),
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
