import { locationBin, type CorrectedBox } from '#contracts';

/**
 * What a model must learn to write for such an answer: a text as it is; boxes as `<loc>` x 4 in the order y1 x1 y2
 * x2, a mask's code words if there are any, and the label, in the order given.
 */
export function trainingSuffix(answer: {
  readonly text?: string;
  readonly boxes?: readonly CorrectedBox[];
}): string {
  return answer.text ?? (answer.boxes ?? []).map(written).join(' ; ');
}

function written({ label, box: [x1, y1, x2, y2], segment_codes: codes = [] }: CorrectedBox) {
  const corners = [y1, x1, y2, x2].map((side) => token('loc', locationBin(side), 4));
  return `${corners.join('')}${codes.map((code) => token('seg', code, 3)).join('')} ${label}`;
}

const token = (kind: string, value: number, digits: number): string =>
  `<${kind}${String(value).padStart(digits, '0')}>`;
