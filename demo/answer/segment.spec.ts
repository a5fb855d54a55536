import { expect, it } from 'vitest';
import { parseOutput } from '#paligemma';
import { KINDS } from '../scene/kind.js';
import { SIDE, type Box, type Scene, type SceneObject } from '../scene/scene.js';
import { maskOf, outline } from './segment.js';

const kind = (label: string) => KINDS.find((found) => found.label === label)!;

/** A triangle with its right angle at the top left of its box. */
function triangle(label: string, box: Box): SceneObject {
  const [top, left, bottom, right] = box;
  const mask = Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
    const y = (Math.floor(at / SIDE) - top + 0.5) / (bottom - top);
    const x = ((at % SIDE) - left + 0.5) / (right - left);
    return Number(x > 0 && y > 0 && x + y < 1);
  });
  return { kind: kind(label), box, mask };
}

const scene: Scene = {
  seed: 1,
  pixels: new Uint8Array(SIDE * SIDE * 3),
  text: undefined,
  characters: [],
  objects: [
    triangle('dog', [20, 120, 100, 200]),
    triangle('cat', [140, 60, 200, 90]),
    triangle('dog', [100, 5, 130, 45]),
  ],
};

/** Each cell by how full it is. */
const fullness = {
  encode: (mask: Uint8Array | Float32Array): number[] => {
    const sums = new Float64Array(16);
    mask.forEach((value, at) => {
      sums[Math.floor(at / 1024) * 4 + Math.floor((at % 64) / 16)]! += value;
    });
    return Array.from(sums, (sum) => Math.round((127 * sum) / 256));
  },
};

it('outlines all of a label, from left to right, as segment answers are read', () => {
  const answer = outline(scene, 'dog', fullness);
  const { boxes, warnings } = parseOutput(answer, { width: SIDE, height: SIDE });
  expect(warnings).toEqual([]);
  expect(boxes.map(({ label }) => label)).toEqual(['dog', 'dog']);
  expect(boxes.map(({ pixels }) => pixels.map(Math.round))).toEqual([
    [5, 100, 45, 130],
    [120, 20, 200, 100],
  ]);
  for (const { segmentCodes } of boxes) {
    expect(segmentCodes).toHaveLength(16);
    // Of a triangle at the top left: full, half along the diagonal, empty.
    expect([segmentCodes![0], segmentCodes![15]]).toEqual([127, 0]);
    expect(Math.abs(segmentCodes![6]! - 63)).toBeLessThan(8);
  }
});

it('outlines the mask in its own box, whatever else is in the scene', () => {
  const alone = { ...scene, objects: scene.objects.slice(1, 2) };
  expect(outline(scene, 'cat', fullness)).toBe(outline(alone, 'cat', fullness));
  const inside = maskOf(scene.objects[1]!).reduce((sum, value) => sum + value, 0);
  expect(Math.abs(inside / 4096 - 0.5)).toBeLessThan(0.03);
});
