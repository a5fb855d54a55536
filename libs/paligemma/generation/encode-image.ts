import { Tensor } from 'onnxruntime-node';
import type { ModelConfig } from '../checkpoint/model-config.js';
import type { GraphSession } from '../graph/graph-session.js';
import { imagePatches } from './image-patches.js';
import type { ImageFeatures } from './model-runner.js';

/** Input: a session of `visionGraph`; RGB bytes [imageSize, imageSize, 3]. Output: [imageTokens, hiddenSize of the text]. */
export async function encodeImage(
  session: GraphSession,
  { vision, text, imageTokens }: ModelConfig,
  pixels: Uint8Array,
): Promise<ImageFeatures> {
  const patches = imagePatches(pixels, vision.imageSize, vision.patchSize);
  const shape = [imageTokens, patches.length / imageTokens];
  const feeds = { patches: new Tensor('float32', patches, shape) };
  const { features } = await session.run(feeds, ['features']);
  return { data: features.data as Float32Array, tokens: imageTokens, width: text.hiddenSize };
}
