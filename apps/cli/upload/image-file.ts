import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, normalize, relative, sep } from 'node:path';
import { usageError } from '../exit-code.js';

export interface ImageFile {
  path: string;
  /** What the image is called in its set: the path below the folder that was named, with `/`. */
  name: string;
  bytes: number;
  /** When it was changed last, milliseconds since 1970. */
  modifiedMs: number;
}

/**
 * What is taken from folders. Formats that the server cannot read (heic, bmp) are sent all the same:
 * a refusal with its reason is better than a picture that is missing without a word.
 */
const EXTENSIONS = new Set(
  '.jpg .jpeg .jfif .png .webp .gif .avif .tif .tiff .bmp .heic .heif'.split(' '),
);

/**
 * The files behind the arguments of a command: files as they are, folders with all below them that
 * look like images, in the order of their names; of `@list` the files that its lines name.
 * Errors: `cli.usage`.
 */
export async function findImageFiles(paths: readonly string[]): Promise<ImageFile[]> {
  const files: ImageFile[] = [];
  for (const path of paths) {
    if (path.startsWith('@')) files.push(...(await filesOfList(path.slice(1))));
    else files.push(...(await filesAt(path, basename(path))));
  }
  if (files.length === 0) throw usageError(`No image in ${paths.join(', ')}.`);
  return files;
}

/** `name` is what a file is called; those below a folder are called by their way from there. */
async function filesAt(path: string, name: string): Promise<ImageFile[]> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) throw usageError(`${path} does not exist or cannot be read.`);
  if (info.isDirectory()) return filesBelow(path);
  return [{ path, name, bytes: info.size, modifiedMs: info.mtimeMs }];
}

/** One path a line, from the folder that the command runs in, and called by it. */
async function filesOfList(list: string): Promise<ImageFile[]> {
  const text = await readFile(list, 'utf8').catch(() => {
    throw usageError(`The list ${list} does not exist or cannot be read.`);
  });
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const files: ImageFile[] = [];
  for (const line of lines) {
    files.push(...(await filesAt(line, normalize(line).split(sep).join('/'))));
  }
  return files;
}

async function filesBelow(root: string): Promise<ImageFile[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    // Links to files count; those to folders are not followed, they may lead in circles.
    .filter((entry) => EXTENSIONS.has(extname(entry.name).toLowerCase()))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(root, path).split(sep).some(isHidden))
    .toSorted();
  const files: ImageFile[] = [];
  for (const path of paths) {
    const info = await stat(path).catch(() => undefined);
    if (!info?.isFile()) continue;
    files.push({
      path,
      name: relative(root, path).split(sep).join('/'),
      bytes: info.size,
      modifiedMs: info.mtimeMs,
    });
  }
  return files;
}

const isHidden = (part: string): boolean => part.startsWith('.');
