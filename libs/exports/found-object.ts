import type { Answer, Box, ItemResult } from '#contracts';
import type { ExportSource } from './export-format.js';

/** A box that the model wrote, with the answer it stands in. */
export interface FoundObject {
  /** What a format without empty names calls it. */
  readonly label: string;
  readonly box: Box;
  readonly answer: Answer;
  /** Its number in the answer, from 0. */
  readonly index: number;
}

/** A picture that was analysed: the size that coordinates refer to is known. */
export interface AnalysedImage {
  readonly item: ItemResult;
  /** Of the upright picture, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly objects: readonly FoundObject[];
}

/** A box that the model gave no label. */
const NO_LABEL = 'object';

export async function* analysedImages(source: ExportSource): AsyncGenerator<AnalysedImage> {
  for await (const item of source.results()) {
    const { width, height } = item.image;
    if (item.state !== 'succeeded' || width === null || height === null) continue;
    yield { item, width, height, objects: objectsOf(item) };
  }
}

export function objectsOf(item: ItemResult): FoundObject[] {
  return item.answers.flatMap((answer) =>
    answer.boxes.map((box, index) => ({ label: box.label || NO_LABEL, box, answer, index })),
  );
}

/** The labels of a whole export, sorted by their code units: the same results give the same list. */
export async function surveyLabels(source: ExportSource): Promise<LabelList> {
  const labels = new Set<string>();
  let hasMasks = false;
  for await (const { objects } of analysedImages(source)) {
    for (const { label, box } of objects) {
      labels.add(label);
      hasMasks ||= box.mask !== undefined;
    }
  }
  const names = [...labels].toSorted();
  return { names, hasMasks, places: new Map(names.map((name, index) => [name, index])) };
}

export interface LabelList {
  readonly names: readonly string[];
  readonly hasMasks: boolean;
  /** Of each name in `names`. */
  readonly places: ReadonlyMap<string, number>;
}

/** Pixels to a thousandth: far below what a location token can say, and short. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** x, y, width, height in pixels. */
export function placeOf({ pixels: [x1, y1, x2, y2] }: Box): [number, number, number, number] {
  return [rounded(x1), rounded(y1), rounded(x2 - x1), rounded(y2 - y1)];
}
