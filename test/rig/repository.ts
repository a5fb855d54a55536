import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Root of the checkout, from the source and from `dist/` alike. */
export const REPOSITORY = findRoot(import.meta.dirname);

function findRoot(directory: string): string {
  return existsSync(join(directory, 'package-lock.json'))
    ? directory
    : findRoot(dirname(directory));
}

/** Compiled entry of one of our processes, or of a module that one of them loads. */
export const compiled = (path: string): string => join(REPOSITORY, 'dist', path);
