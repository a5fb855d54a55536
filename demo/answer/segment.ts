import { cutMask, type MaskEncoder } from '#paligemma';
import { SIDE, type Scene, type SceneObject } from '../scene/scene.js';
import { locations, named } from './detect.js';

/** The answer to `segment LABEL`: box and outline of all that is called so, from left to right. */
export function outline(
  { objects }: Scene,
  label: string,
  encoder: Pick<MaskEncoder, 'encode'>,
): string {
  return named(objects, label)
    .map((object) => {
      const codes = encoder.encode(maskOf(object));
      return `${locations(object.box)}${segments(codes)} ${label}`;
    })
    .join(' ; ');
}

/** What its box holds of it: [64, 64], 0 to 1. */
export function maskOf({ mask, box: [top, left, bottom, right] }: SceneObject): Float32Array {
  return cutMask(mask, SIDE, [left, top, right, bottom]);
}

function segments(codes: readonly number[]): string {
  return codes.map((code) => `<seg${String(code).padStart(3, '0')}>`).join('');
}
