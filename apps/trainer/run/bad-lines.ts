import { basename } from 'node:path';
import { z } from 'zod';
import type { BadLine } from '#contracts';

const MOST = 100;

const lineSchema = z.looseObject({ line: z.int(), detail: z.string() });

/**
 * The bad lines that an error's context names under `lines`, in the words of the API. Their file is told by
 * themselves, or by the `path` of all of them; else it is the training file.
 */
export function badLinesOf(context: Readonly<Record<string, unknown>>): BadLine[] {
  const { lines, path } = context;
  if (!Array.isArray(lines)) return [];
  return lines.slice(0, MOST).flatMap((each: unknown): BadLine[] => {
    const parsed = lineSchema.safeParse(each);
    if (!parsed.success) return [];
    const { line, detail, file = path } = parsed.data;
    const isValidation = typeof file === 'string' && basename(file).startsWith('validation_file');
    return [{ file: isValidation ? 'validation_file' : 'training_file', line, detail }];
  });
}
