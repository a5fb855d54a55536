import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The PATH of this process. Servers that we start get this and nothing else of our environment. */
export const searchPath = (): string => process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';

/** The first executable of that name on the PATH. */
export function findOnPath(name: string): string | undefined {
  return searchPath()
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
