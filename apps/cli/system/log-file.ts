import { createWriteStream, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface LogFile {
  path: string;
  line(text: string): void;
  close(): Promise<void>;
}

/** A log of more bytes is set aside when its system starts, so a folder holds at most two of them. */
const ROTATE_BYTES = 20_000_000;

/** What one process wrote, line by line, behind what earlier runs of it wrote. */
export function openLogFile(folder: string, name: string): LogFile {
  const path = join(folder, `${name}.log`);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > ROTATE_BYTES) {
    renameSync(path, `${path}.1`);
  }
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
  // A full disk must not take the system down with its log.
  stream.on('error', () => undefined);
  return {
    path,
    line: (text) => void stream.write(`${text}\n`),
    close: () => new Promise((resolve) => stream.end(() => resolve())),
  };
}
