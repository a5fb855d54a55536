import {
  cp,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '#contracts';
import { checkpointFolder } from '../golden-fixture.js';
import { openCheckpoint } from './checkpoint.js';
import { EMBEDDING } from './expected-tensors.js';
import { RowReader } from './tensor-reader.js';

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}
type Header = Record<string, Entry>;

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** A copy of a checkpoint that the test may damage. */
async function setup(name = 'tiny-paligemma') {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'checkpoint-')));
  folders.push(folder);
  await cp(checkpointFolder(name), folder, { recursive: true });
  const weights = join(folder, 'model.safetensors');
  /** Writes the file again with other entries, each with the data that its offsets named. */
  const rewriteHeader = async (change: (header: Header) => void): Promise<void> => {
    const bytes = await readFile(weights);
    const end = 8 + Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.subarray(8, end).toString()) as Header;
    change(header);
    const parts: Buffer[] = [];
    let offset = 0;
    const tensors = Object.entries(header).filter(([tensor]) => tensor !== '__metadata__');
    const moved = tensors.map(([tensor, entry]) => {
      const [from, to] = entry.data_offsets;
      parts.push(bytes.subarray(end + from, end + to));
      const start = offset;
      offset += to - from;
      return [tensor, { ...entry, data_offsets: [start, offset] }];
    });
    await writeFile(
      weights,
      safetensors(JSON.stringify(Object.fromEntries(moved)), Buffer.concat(parts)),
    );
  };
  /** Changes the header and leaves the data as it is. */
  const damageHeader = async (change: (header: Header) => void): Promise<void> => {
    const bytes = await readFile(weights);
    const end = 8 + Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.subarray(8, end).toString()) as Header;
    change(header);
    await writeFile(weights, safetensors(JSON.stringify(header), bytes.subarray(end)));
  };
  return { folder, weights, rewriteHeader, damageHeader };
}

function safetensors(json: string, data: Uint8Array): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(Buffer.byteLength(json)));
  return Buffer.concat([prefix, Buffer.from(json), data]);
}

/** An error with this code whose message holds these parts in this order. */
const failure = (code: string, ...parts: string[]) => {
  const literal = parts.map((part) => part.replaceAll('.', '\\.'));
  return expect.objectContaining({ code, message: expect.stringMatching(literal.join('.*')) });
};

const NORM = 'language_model.model.layers.1.input_layernorm.weight';

describe('openCheckpoint', () => {
  it.each(['tiny-paligemma-layout-b', 'tiny-paligemma-layout-c', 'tiny-paligemma-unpadded'])(
    'reads the same tensors from %s',
    async (name) => {
      const original = await openCheckpoint(checkpointFolder('tiny-paligemma'));
      const other = await openCheckpoint(checkpointFolder(name));
      const names = (tensors: ReadonlyMap<string, unknown>) =>
        [...tensors.keys()].filter((tensor) => tensor !== 'head.weight').toSorted();
      expect(names(other.tensors)).toEqual(names(original.tensors));
      const [ours, theirs] = [original, other].map(
        ({ tensors }) => new RowReader(tensors.get(EMBEDDING)!),
      );
      for (const row of [0, 5, 1663]) expect(theirs!.read(row)).toEqual(ours!.read(row));
      [ours, theirs].forEach((reader) => reader!.close());
    },
  );

  it('counts rows and parameters', async () => {
    const padded = await openCheckpoint(checkpointFolder('tiny-paligemma'));
    const unpadded = await openCheckpoint(checkpointFolder('tiny-paligemma-unpadded'));
    const tied = await openCheckpoint(checkpointFolder('tiny-paligemma-layout-b'));
    expect(padded.embeddingRows).toBe(1728);
    expect(unpadded.embeddingRows).toBe(1664);
    expect(padded.parameters - unpadded.parameters).toBe(64 * 64);
    expect(tied.parameters).toBe(padded.parameters);
  });

  it('follows the links of a download cache to the folder of the real files', async () => {
    const { folder } = await setup('tiny-paligemma-layout-c');
    const snapshot = join(folder, 'snapshots', 'main');
    await mkdir(snapshot, { recursive: true });
    for (const file of [
      'config.json',
      'model.safetensors.index.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
    ]) {
      await symlink(join('..', '..', file), join(snapshot, file));
    }
    expect((await openCheckpoint(snapshot)).weightFolder).toBe(folder);
  });

  it('names a tensor that it does not know', async () => {
    const { folder, rewriteHeader } = await setup();
    await rewriteHeader(
      (header) => (header['language_model.model.layers.9.extra.weight'] = header[NORM]!),
    );
    await expect(openCheckpoint(folder)).rejects.toThrow(
      failure('checkpoint.unknown_tensor', 'language_model.model.layers.9.extra.weight'),
    );
  });

  it('names a tensor that is missing', async () => {
    const { folder, rewriteHeader } = await setup();
    await rewriteHeader((header) => delete header[NORM]);
    await expect(openCheckpoint(folder)).rejects.toThrow(
      failure('checkpoint.missing_tensor', 'text.layers.1.input_layernorm.weight'),
    );
  });

  it('names a tensor of another shape, with both shapes', async () => {
    const { folder, rewriteHeader } = await setup();
    await rewriteHeader((header) => (header[NORM]!.shape = [32, 2]));
    await expect(openCheckpoint(folder)).rejects.toThrow(
      failure('checkpoint.wrong_shape', NORM, '32,2', '64'),
    );
  });

  it('names a tensor that is there in two spellings', async () => {
    const { folder, rewriteHeader } = await setup();
    const twin = NORM.replace('language_model.model.', 'model.language_model.');
    await rewriteHeader((header) => (header[twin] = header[NORM]!));
    await expect(openCheckpoint(folder)).rejects.toThrow(
      failure('checkpoint.repeated_tensor', twin),
    );
  });

  it('names a tensor in a number format that it cannot read', async () => {
    const { folder, rewriteHeader } = await setup();
    await rewriteHeader((header) => (header[NORM]!.dtype = 'F8_E4M3'));
    await expect(openCheckpoint(folder)).rejects.toThrow(
      failure('checkpoint.unsupported', NORM, 'F8_E4M3'),
    );
  });

  it('passes over buffers that follow from the sizes', async () => {
    const { folder, rewriteHeader } = await setup();
    await rewriteHeader((header) => {
      header['language_model.model.layers.0.self_attn.rotary_emb.inv_freq'] = header[NORM]!;
    });
    await expect(openCheckpoint(folder)).resolves.toBeDefined();
  });

  it.each([0, 5, 4000, 100_000])('refuses a file cut off at %i bytes', async (length) => {
    const { folder, weights } = await setup();
    await truncate(weights, length);
    await expect(openCheckpoint(folder)).rejects.toThrow(failure('checkpoint.unreadable', weights));
  });

  it('refuses a file that is no safetensors at all', async () => {
    const { folder, weights } = await setup();
    await writeFile(weights, '<!doctype html><title>Access denied</title>'.repeat(100));
    await expect(openCheckpoint(folder)).rejects.toThrow(failure('checkpoint.unreadable', weights));
  });

  it.each<[string, (entry: Entry) => void]>([
    ['offsets that leave the file', (entry) => (entry.data_offsets = [1e9, 1e9 + 256])],
    ['data that another tensor has too', (entry) => (entry.data_offsets = [0, 256])],
    [
      'offsets that run backwards',
      (entry) => (entry.data_offsets = [entry.data_offsets[1], entry.data_offsets[0]]),
    ],
    ['a shape whose product is past all numbers', (entry) => (entry.shape = [2 ** 52, 2 ** 52])],
    ['a negative size', (entry) => (entry.shape = [-64])],
  ])('refuses %s', async (_, change) => {
    const { folder, damageHeader } = await setup();
    await damageHeader((header) => change(header[NORM]!));
    await expect(openCheckpoint(folder)).rejects.toThrow(failure('checkpoint.unreadable'));
  });

  it('refuses a header that has a tensor twice', async () => {
    const { folder, weights } = await setup();
    const bytes = await readFile(weights);
    const end = 8 + Number(bytes.readBigUInt64LE());
    const json = bytes.subarray(8, end).toString();
    const entry = JSON.stringify((JSON.parse(json) as Header)[NORM]);
    const twice = json.replace('{', `{"${NORM}":${entry},`);
    await writeFile(weights, safetensors(twice, bytes.subarray(end)));
    await expect(openCheckpoint(folder)).rejects.toThrow(
      failure('checkpoint.unreadable', NORM, 'twice'),
    );
  });

  it('refuses a folder in place of the weights', async () => {
    const { folder, weights } = await setup();
    await rm(weights);
    await mkdir(weights);
    await expect(openCheckpoint(folder)).rejects.toThrow(failure('checkpoint.unreadable', weights));
  });

  it('names the shard that an index promises and the folder lacks', async () => {
    const { folder } = await setup('tiny-paligemma-layout-c');
    await rm(join(folder, 'model-00002-of-00002.safetensors'));
    await expect(openCheckpoint(folder)).rejects.toThrow(
      failure('checkpoint.unreadable', 'model-00002-of-00002.safetensors'),
    );
  });

  it('refuses data that belong to no tensor', async () => {
    const { folder, damageHeader } = await setup();
    await damageHeader((header) => delete header[NORM]);
    await expect(openCheckpoint(folder)).rejects.toThrow(failure('checkpoint.unreadable'));
  });

  it.each([2n ** 64n - 1n, 2n ** 40n, 99_999_999n])(
    'refuses a header that claims %i bytes, and allocates nothing for it',
    async (claimed) => {
      const { folder, weights } = await setup();
      const bytes = await readFile(weights);
      bytes.writeBigUInt64LE(claimed);
      await writeFile(weights, bytes);
      const before = process.memoryUsage().arrayBuffers;
      await expect(openCheckpoint(folder)).rejects.toThrow(failure('checkpoint.unreadable'));
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
    },
  );

  it('never fails in any other way, whatever bytes of a header are changed', async () => {
    const { folder, weights } = await setup();
    const original = await readFile(weights);
    const headerEnd = 8 + Number(original.readBigUInt64LE());
    const edits = fc.array(fc.tuple(fc.nat(headerEnd - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(edits, async (changes) => {
        const bytes = Buffer.from(original);
        for (const [place, value] of changes) bytes[place] = value;
        await writeFile(weights, bytes);
        const outcome = await openCheckpoint(folder).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(AppError);
      }),
      { numRuns: 200 },
    );
  });

  it.each(['config.json', 'model.safetensors'])('names %s when it is missing', async (file) => {
    const { folder } = await setup();
    await rm(join(folder, file));
    await expect(openCheckpoint(folder)).rejects.toThrow(failure('checkpoint.incomplete', file));
  });

  it('refuses an index that leads out of the folder', async () => {
    const { folder } = await setup('tiny-paligemma-layout-c');
    const index = { weight_map: { x: '../elsewhere/model.safetensors' } };
    await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
    await expect(openCheckpoint(folder)).rejects.toThrow(
      failure('checkpoint.unreadable', 'weight_map'),
    );
  });
});
