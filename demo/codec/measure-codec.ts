import { MaskDecoder, MaskEncoder } from '#paligemma';

/** Of a codec's file: how well masks [64, 64], 0 to 1, come back from their code words. */
export async function measureCodec(
  path: string,
  masks: readonly Float32Array[],
): Promise<{ readonly meanIou: number; readonly shareBelow90: number }> {
  const encoder = await MaskEncoder.load(path);
  const decoder = await MaskDecoder.load(path);
  const found: number[] = [];
  for (const mask of masks) found.push(iou(mask, await decoder.decode(encoder.encode(mask))));
  await decoder.close();
  return {
    meanIou: found.reduce((total, value) => total + value, 0) / found.length,
    shareBelow90: found.filter((value) => value < 0.9).length / found.length,
  };
}

/** Of a mask, 0 to 1, and a decoded one, which is above 0 inside. */
function iou(mask: Float32Array, decoded: Float32Array): number {
  let [both, either] = [0, 0];
  mask.forEach((value, at) => {
    const [is, was] = [decoded[at]! > 0, value >= 0.5];
    if (is && was) both++;
    if (is || was) either++;
  });
  return either === 0 ? 1 : both / either;
}
