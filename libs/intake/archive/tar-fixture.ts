/** One entry of a crafted archive; what is left out is as an honest tool would write it. */
export interface CraftedTarEntry {
  name: string;
  bytes: Buffer;
  type?: string;
  declaredBytes?: number;
  checksum?: number;
  /** `v7` has no magic. */
  form?: 'ustar' | 'v7';
}

const BLOCK_BYTES = 512;

/** A tar archive that may lie about anything. */
export function craftTar(entries: readonly CraftedTarEntry[], end = 2): Buffer {
  const blocks = entries.flatMap((entry) => [header(entry), padded(entry.bytes)]);
  return Buffer.concat([...blocks, Buffer.alloc(BLOCK_BYTES * end)]);
}

/** The entry that carries attributes of the next one. */
export const paxEntry = (attributes: Readonly<Record<string, string>>): CraftedTarEntry => {
  const lines = Object.entries(attributes).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    const bytes = Buffer.byteLength(rest);
    const length = bytes + String(bytes + String(bytes).length).length;
    return `${length}${rest}`;
  });
  return { name: 'PaxHeader', bytes: Buffer.from(lines.join('')), type: 'x' };
};

function header(entry: CraftedTarEntry): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(entry.name, 0, 100);
  block.write('0000644\0', 100);
  const bytes = entry.declaredBytes ?? entry.bytes.byteLength;
  if (bytes < 8 ** 11) block.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
  else {
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(bytes), 128);
  }
  block.write(entry.type ?? '0', 156);
  if (entry.form !== 'v7') block.write('ustar\x0000', 257, 'latin1');
  block.fill(0x20, 148, 156);
  const sum = entry.checksum ?? block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([
    bytes,
    Buffer.alloc((BLOCK_BYTES - (bytes.byteLength % BLOCK_BYTES)) % BLOCK_BYTES),
  ]);
