import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

export interface Run {
  /** Folder of the run. */
  readonly output: string;
  /** Where snapshots go: `SNAPSHOTS/STEP/`. */
  readonly snapshots: string;
}

/**
 * Lays a checkpoint aside with all that a run needs to go on from it: the files of the checkpoint as links,
 * which the training may remove meanwhile without harm, and the files at the top of the run (recipe, log,
 * plot) as copies, for they grow on. Blocks, so that it is whole before the training goes on.
 * Output: the folder, laid out as the run is.
 */
export function takeSnapshot({ output, snapshots }: Run, checkpoint: string): string {
  const target = join(snapshots, basename(checkpoint));
  if (existsSync(target)) return target;
  const partial = `${target}.partial`;
  linkTree(checkpoint, join(partial, relative(output, checkpoint)));
  for (const entry of readdirSync(output, { withFileTypes: true })) {
    if (entry.isFile()) copyFileSync(join(output, entry.name), join(partial, entry.name));
  }
  mkdirSync(dirname(target), { recursive: true });
  renameSync(partial, target);
  return target;
}

function linkTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target);
    else linkSync(source, target);
  }
}
