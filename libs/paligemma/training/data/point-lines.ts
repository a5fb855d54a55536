import { z } from 'zod';
import type { LineKind } from './line-kind.js';
import { readLine } from './read-line.js';
import type { Point, PointExample } from './training-example.js';

const share = z.number().min(0).lt(1);
const pointsSchema = z
  .array(z.object({ at: z.tuple([share, share]), answers: z.array(z.string().nullable()).min(1) }))
  .min(1);

export interface PointLimits {
  readonly tokenizer: { encode(text: string): readonly number[] };
  readonly questions: number;
}

/** Lines of a file that a tower learns from. */
export function pointLines({ tokenizer, questions }: PointLimits): LineKind<PointExample> {
  return {
    pack: 1,
    textTokens: 0,
    parse: parsePoints,
    measure: ({ points }) => {
      const labels = Array.from({ length: questions }, () => 0);
      for (const point of points) {
        if (point.answers.length !== questions) {
          throw new Error(`a point has ${point.answers.length} answers and not ${questions}`);
        }
        for (const { question } of labelsOf(point, tokenizer)) labels[question]!++;
      }
      return { tokens: 0, labels };
    },
  };
}

export interface PointLabel {
  readonly question: number;
  readonly token: number;
}

/** Throws `Error` on an answer that is not one token. */
export function labelsOf(
  { answers }: Point,
  tokenizer: PointLimits['tokenizer'],
): readonly PointLabel[] {
  return answers.flatMap((answer, question) => {
    if (answer === null) return [];
    const [token, ...more] = tokenizer.encode(answer);
    if (token === undefined || more.length > 0) {
      throw new Error(`the answer "${answer}" of a point is not one token`);
    }
    return [{ question, token }];
  });
}

function parsePoints(path: string, line: string): PointExample {
  const { image, values } = readLine(path, line);
  const points = pointsSchema.safeParse(values['points']);
  if (points.success) return { image, points: points.data };
  throw new Error(
    'its "points" are not like [{"at": [0.4, 0.7], "answers": ["dog", null]}], at from 0 to below 1',
  );
}
