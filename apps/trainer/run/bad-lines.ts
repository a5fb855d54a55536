import { z } from 'zod';
import type { BadLine } from '#contracts';

const MOST = 100;

const lineSchema = z.looseObject({ line: z.int(), detail: z.string() });

/**
 * The bad lines that an error's context names under `lines`, in the words of the API. A line that does not
 * say its file, or says its path, is of the training file unless it is the validation's.
 */
export function badLinesOf(context: Readonly<Record<string, unknown>>): BadLine[] {
  const { lines, file: fileOfAll } = context;
  if (!Array.isArray(lines)) return [];
  return lines.slice(0, MOST).flatMap((each: unknown): BadLine[] => {
    const parsed = lineSchema.safeParse(each);
    if (!parsed.success) return [];
    const { line, detail, file = fileOfAll } = parsed.data;
    const isValidation = typeof file === 'string' && file.includes('validation');
    return [{ file: isValidation ? 'validation_file' : 'training_file', line, detail }];
  });
}
