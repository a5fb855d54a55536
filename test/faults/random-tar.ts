import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

const BLOCK = 512;
const PNG = Buffer.from('\x89PNG\r\n\x1A\n', 'latin1');

/**
 * Writes a tar of so many files of random bytes that look like PNGs. Output: their SHA-256, in order.
 * Written for tests of sizes that no archive in a repository has.
 */
export async function writeRandomTar(
  path: string,
  { files, bytes }: { files: number; bytes: number },
): Promise<string[]> {
  const out = createWriteStream(path);
  const hashes: string[] = [];
  const write = async (chunk: Buffer): Promise<void> => {
    if (!out.write(chunk)) await once(out, 'drain');
  };
  for (let n = 0; n < files; n += 1) {
    const content = randomFillSync(Buffer.alloc(bytes));
    PNG.copy(content);
    hashes.push(createHash('sha256').update(content).digest('hex'));
    await write(tarHeader(`image-${String(n).padStart(7, '0')}.png`, bytes));
    await write(content);
    await write(Buffer.alloc((BLOCK - (bytes % BLOCK)) % BLOCK));
  }
  await write(Buffer.alloc(2 * BLOCK));
  out.end();
  await once(out, 'finish');
  return hashes;
}

function tarHeader(name: string, bytes: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write(' '.repeat(8), 148);
  header.write('0ustar\x0000', 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
