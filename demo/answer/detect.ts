import { SIDE, type Box, type Scene, type SceneObject } from '../scene/scene.js';

/** The answer to `detect A ; B`: boxes of the asked labels, in their order, and from left to right. */
export function locate({ objects }: Scene, labels: readonly string[]): string {
  return labels
    .flatMap((label) => named(objects, label))
    .map(({ kind, box }) => `${locations(box)} ${kind.label}`)
    .join(' ; ');
}

export function named(objects: readonly SceneObject[], label: string): SceneObject[] {
  return objects
    .filter(({ kind }) => kind.label === label)
    .toSorted((a, b) => a.box[1] - b.box[1] || a.box[0] - b.box[0]);
}

/** y1 x1 y2 x2, each in 1,024 bins of the side. */
export function locations(box: Box): string {
  return box
    .map((pixel) => Math.min(1023, Math.floor((pixel * 1024) / SIDE)))
    .map((bin) => `<loc${String(bin).padStart(4, '0')}>`)
    .join('');
}
