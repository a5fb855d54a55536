import type { Box, CorrectedBox } from '#contracts';

type Corners = Box['box'];

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a correction of these boxes begins with. */
export const draftOf = (boxes: readonly Box[]): readonly CorrectedBox[] =>
  boxes.map(({ label, box, segment_codes }) => ({
    label,
    box,
    ...(segment_codes && { segment_codes }),
  }));

/** A box in the middle of the picture, for its corners to be moved. */
export const newBox = (label: string): CorrectedBox => ({ label, box: [0.25, 0.25, 0.75, 0.75] });

/** Input: which corner, in whole pixels. The others stay exactly as they are. */
export function moveCorner(
  box: CorrectedBox,
  corner: number,
  pixels: number,
  size: Size,
): CorrectedBox {
  const side = corner % 2 === 0 ? size.width : size.height;
  const fraction = Math.min(1, Math.max(0, pixels / side));
  const corners = box.box.map((value, i) => (i === corner ? fraction : value)) as Corners;
  return { ...box, box: corners };
}

/** Corners in whole pixels. */
export const pixelsOf = ({ box }: Pick<CorrectedBox, 'box'>, size: Size): readonly number[] =>
  box.map((value, i) => Math.round(value * (i % 2 === 0 ? size.width : size.height)));

/** As the picture draws them: whoever corrects is sure. */
export const drawable = (boxes: readonly CorrectedBox[], size: Size): readonly Box[] =>
  boxes.map(({ label, box }) => ({
    label,
    box,
    pixels: box.map((value, i) => value * (i % 2 === 0 ? size.width : size.height)) as Corners,
    confidence: 1,
  }));
