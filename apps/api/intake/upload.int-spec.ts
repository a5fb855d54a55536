import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  problemSchema,
  refusedFilePageSchema,
  uploadReportSchema,
  type RefusedFilePage,
  type UploadReport,
} from '#contracts';
import { makeTemporaryDirectory, removeDirectory, usePostgres } from '#testing';
import { startApi, type ApiRig } from '../spec-rig.js';
import { craftTar } from '../../../libs/intake/archive/tar-fixture.js';
import { craftZip, type CraftedEntry } from '../../../libs/intake/archive/zip-fixture.js';

const MIB = 1_048_576;
const postgres = usePostgres();
let rig: ApiRig;
let directory: string;
let url: URL;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  const env = { MAX_IMAGE_BYTES: `${16 * MIB}`, MAX_UPLOAD_FILES: '1500', MAX_ZIP_ENTRIES: '50' };
  rig = await startApi({ databaseUrl: await postgres.createDatabase(), directory, env });
  await rig.app.listen(0, '127.0.0.1');
  url = new URL(await rig.app.getUrl());
});
afterAll(async () => {
  await rig?.close();
  await removeDirectory(directory);
});

/** Enough of a PNG for its format to be told; nothing here decodes it. */
const png = (bytes = 200): Buffer =>
  Buffer.concat([Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'), randomBytes(bytes)]);

type File = readonly [name: string, bytes: Buffer];
type Tenant = Awaited<ReturnType<ApiRig['createTenant']>>;

async function setup() {
  const tenant = await rig.createTenant();
  const created = await rig.app.inject({
    method: 'POST',
    url: '/v1/image-sets',
    headers: tenant.headers,
    payload: {},
  });
  const { id } = created.json<{ id: string }>();
  return { tenant, setId: id, upload: (files: readonly File[]) => send(tenant, id, files) };
}

async function send(tenant: Tenant, setId: string, files: readonly File[]) {
  const form = new FormData();
  for (const [name, bytes] of files) form.append('files', new Blob([new Uint8Array(bytes)]), name);
  return fetch(new URL(`/v1/image-sets/${setId}/images`, url), {
    method: 'POST',
    headers: tenant.headers,
    body: form,
  });
}

async function listRefused(tenant: Tenant, setId: string, query: string): Promise<RefusedFilePage> {
  const route = `/v1/image-sets/${setId}/refused${query}`;
  const response = await rig.app.inject({ url: route, headers: tenant.headers });
  return refusedFilePageSchema.parse(response.json());
}

async function reportOf(response: Response): Promise<UploadReport> {
  const body: unknown = await response.json();
  expect(body).toMatchObject({ object: 'upload_report' });
  return uploadReportSchema.parse(body);
}

const codes = (report: UploadReport): Record<string, string | undefined> =>
  Object.fromEntries(report.files.map((file) => [file.name, file.error?.code ?? file.status]));

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('an upload', () => {
  it('of many files numbers them without gaps, in their order', async () => {
    const { tenant, setId, upload } = await setup();
    const files = Array.from({ length: 1_200 }, (_, n): File => [`album/${n}.png`, png(n)]);
    const report = await reportOf(await upload(files));
    expect(report.counts).toEqual({ accepted: 1_200, duplicate: 0, refused: 0 });
    expect(report.files).toHaveLength(1_000);
    expect(report.image_set.image_counts).toEqual({ accepted: 1_200, refused: 0 });
    const total = files.reduce((sum, [, bytes]) => sum + bytes.byteLength, 0);
    expect(report.image_set.bytes).toBe(total);
    const rows = await rig.database.query<{ n: number; name: string }>(
      'SELECT n, name FROM images WHERE set_id = $1::uuid ORDER BY n',
      [setId.slice(4)],
    );
    expect(rows).toEqual(files.map(([name], n) => ({ n, name })));
    const [name, bytes] = files[777]!;
    const key = `t/${tenant.tenantId}/images/${sha256(bytes)}`;
    expect(Buffer.from(await rig.store.read(key, MIB))).toEqual(bytes);
    expect(report.files[777]).toMatchObject({ name, n: 777, sha256: sha256(bytes) });
  });

  it('sent again adds nothing', async () => {
    const { upload } = await setup();
    const files: File[] = [
      ['a.png', png()],
      ['b.png', png()],
      ['note.txt', Buffer.from('hello')],
    ];
    const first = await reportOf(await upload(files));
    const again = await reportOf(await upload(files));
    expect(again.counts).toEqual({ accepted: 0, duplicate: 2, refused: 1 });
    expect(again.image_set).toEqual(first.image_set);
    expect(again.files.filter((file) => file.n !== null).map((file) => file.n)).toEqual([0, 1]);
  });

  it('keeps the same bytes once, under every name', async () => {
    const { tenant, upload } = await setup();
    const bytes = png(3 * MIB);
    const files: File[] = [
      ['a.png', bytes],
      ['b.png', bytes],
      ['a.png', bytes],
    ];
    const report = await reportOf(await upload(files));
    expect(report.counts).toEqual({ accepted: 2, duplicate: 1, refused: 0 });
    expect(report.files.map((file) => file.n)).toEqual([0, 1, 0]);
    const blobs = await rig.database.query('SELECT 1 FROM blobs WHERE tenant_id = $1', [
      tenant.tenantId,
    ]);
    expect(blobs).toHaveLength(1);
    expect(await readdir(`${directory}/t/${tenant.tenantId}/images`)).toHaveLength(1);
  });

  it('of hostile files refuses each on its own and takes the others', async () => {
    const { tenant, setId, upload } = await setup();
    const report = await reportOf(
      await upload([
        ['first.png', png()],
        ['drawing.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>')],
        ['text.png', Buffer.from('I am no picture')],
        ['empty.jpg', Buffer.alloc(0)],
        ['phone.avif', Buffer.from('\0\0\0\x1Cftypavif\0\0\0\0avifmif1', 'latin1')],
        ['huge.png', png(17 * MIB)],
        ['../../etc/passwd', png()],
        ['é\u0000\u202Ex.png', png()],
        ['last.png', png()],
      ]),
    );
    expect(report.counts).toEqual({ accepted: 4, duplicate: 0, refused: 5 });
    expect(codes(report)).toEqual({
      'first.png': 'accepted',
      'drawing.svg': 'image.svg',
      'text.png': 'image.text',
      'empty.jpg': 'image.empty',
      'phone.avif': 'image.avif',
      'huge.png': 'image.too_large',
      '../../etc/passwd': 'accepted',
      'éx.png': 'accepted',
      'last.png': 'accepted',
    });
    const listed: string[] = [];
    for (let query = '?limit=2'; query !== '';) {
      const page = await listRefused(tenant, setId, query);
      listed.push(...page.data.map((file) => file.name));
      query = page.next_cursor === null ? '' : `?limit=2&cursor=${page.next_cursor}`;
    }
    expect(listed).toEqual(['drawing.svg', 'text.png', 'empty.jpg', 'phone.avif', 'huge.png']);
  });

  it('into a sealed set or one that is not there is refused', async () => {
    const { tenant, setId, upload } = await setup();
    await upload([['a.png', png()]]);
    const headers = tenant.headers;
    await rig.app.inject({ method: 'POST', url: `/v1/image-sets/${setId}/seal`, headers });
    const sealed = await upload([['b.png', png()]]);
    expect([sealed.status, problemSchema.parse(await sealed.json()).code]).toEqual([
      409,
      'set.sealed',
    ]);
    const missing = await send(tenant, 'set_019a0000000070008000000000000000', [['a.png', png()]]);
    expect(missing.status).toBe(404);
  });

  it('of too many files is refused with what to do, and keeps what it had recorded', async () => {
    const { upload } = await setup();
    const files = Array.from({ length: 1_501 }, (_, n): File => [`${n}.png`, png(8)]);
    const response = await upload(files);
    expect([response.status, problemSchema.parse(await response.json()).code]).toEqual([
      413,
      'upload.too_many_files',
    ]);
    const again = await reportOf(await upload(files.slice(0, 1_500)));
    expect(again.counts.accepted + again.counts.duplicate).toBe(1_500);
    expect(again.image_set.image_counts.accepted).toBe(1_500);
  });

  it('that is no multipart is refused', async () => {
    const { tenant, setId } = await setup();
    const post = (contentType: string, body: string) =>
      fetch(new URL(`/v1/image-sets/${setId}/images`, url), {
        method: 'POST',
        headers: { ...tenant.headers, 'content-type': contentType },
        body,
      });
    const bodies = [
      ['application/json', '{}'],
      ['multipart/form-data', 'x'],
      ['multipart/form-data; boundary=b', 'nonsense'],
      [
        'multipart/form-data; boundary=b',
        '--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\ncut',
      ],
      ['image/png', 'x'],
    ] as const;
    const statuses = [];
    for (const [type, body] of bodies) statuses.push((await post(type, body)).status);
    expect(statuses).toEqual([415, 400, 400, 400, 415]);
  });

  it('that breaks off leaves a set that takes the whole again', async () => {
    const { tenant, setId, upload } = await setup();
    const half = httpRequest(new URL(`/v1/image-sets/${setId}/images`, url), {
      method: 'POST',
      headers: { ...tenant.headers, 'content-type': 'multipart/form-data; boundary=b' },
    });
    half.on('error', () => undefined);
    half.write('--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n');
    // More than the kernel keeps for a reader: when the last of it is sent, the api has read of it.
    await new Promise((sent) => half.write(png(12 * MIB), sent));
    half.destroy();
    const report = await reportOf(await upload([['a.png', png()]]));
    expect(report.image_set.image_counts).toEqual({ accepted: 1, refused: 0 });
  });
});

describe('a zip archive', () => {
  const uploadZip = async (entries: readonly CraftedEntry[], padding = 0) => {
    const { upload } = await setup();
    const filler = padding > 0 ? [{ name: 'filler.png', bytes: png(padding), method: 0 }] : [];
    return reportOf(await upload([['set.zip', craftZip([...entries, ...filler])]]));
  };

  it.each([
    ['in memory', 0],
    ['on disk', 2 * MIB],
  ])('gives its good pictures and a reason for each other entry (%s)', async (_, padding) => {
    const bomb = Buffer.concat([png(0), Buffer.alloc(4 * MIB)]);
    const flipped = png();
    const report = await uploadZip(
      [
        { name: 'cats/good.png', bytes: png() },
        { name: 'cats/', bytes: Buffer.alloc(0), mode: 0o040755 },
        { name: '__MACOSX/cats/._good.png', bytes: Buffer.from('\0\x05\x16\x07') },
        { name: '../up.png', bytes: png() },
        { name: '/etc/cron.d/x.png', bytes: png() },
        { name: 'C:\\windows\\x.png', bytes: png() },
        { name: 'a/..\\..\\b.png', bytes: png() },
        { name: 'nul\0.png', bytes: png() },
        { name: 'link.png', bytes: Buffer.from('/etc/passwd'), mode: 0o120777 },
        { name: 'locked.png', bytes: png(), flags: 0x801 },
        { name: 'lzma.png', bytes: png(), method: 14 },
        { name: 'inner.zip', bytes: craftZip([{ name: 'x.png', bytes: png() }]) },
        { name: 'bomb.png', bytes: bomb },
        { name: 'liar-small.png', bytes: bomb, declaredBytes: 100 },
        { name: 'liar-large.png', bytes: png(), declaredBytes: 1_000 },
        { name: 'liar-stored.png', bytes: png(), method: 0, declaredBytes: 1_000 },
        { name: 'flipped.png', bytes: flipped, declaredCrc: 1 },
        { name: 'torn.png', bytes: png(), packed: Buffer.from('this is not deflated') },
        { name: 'readme.txt', bytes: Buffer.from('hello') },
        { name: Buffer.from('ümlaut.png'), bytes: png(), flags: 0 },
        { name: 'last.png', bytes: png(), method: 0 },
      ],
      padding,
    );
    const { 'filler.png': filler, ...seen } = codes(report);
    expect(filler).toBe(padding > 0 ? 'accepted' : undefined);
    expect(seen).toEqual({
      'cats/good.png': 'accepted',
      '../up.png': 'zip.unsafe_name',
      '/etc/cron.d/x.png': 'zip.unsafe_name',
      'C:/windows/x.png': 'zip.unsafe_name',
      'a/../../b.png': 'zip.unsafe_name',
      'nul.png': 'zip.unsafe_name',
      'link.png': 'zip.not_a_file',
      'locked.png': 'zip.encrypted',
      'lzma.png': 'zip.unsupported_compression',
      'inner.zip': 'zip.nested',
      'bomb.png': 'zip.ratio',
      'liar-small.png': 'zip.wrong_size',
      'liar-large.png': 'zip.wrong_size',
      'liar-stored.png': 'zip.wrong_size',
      'flipped.png': 'zip.wrong_checksum',
      'torn.png': 'zip.broken_entry',
      'readme.txt': 'image.text',
      'ümlaut.png': 'accepted',
      'last.png': 'accepted',
    });
  });

  it('with too many entries, or cut off, is refused as one', async () => {
    const { upload } = await setup();
    const many = craftZip(
      Array.from({ length: 51 }, (_, n) => ({ name: `${n}.png`, bytes: png() })),
    );
    const cut = craftZip([{ name: 'a.png', bytes: png() }]).subarray(0, -30);
    const report = await reportOf(
      await upload([
        ['many.zip', many],
        ['cut.zip', cut],
        ['good.png', png()],
      ]),
    );
    expect(codes(report)).toEqual({
      'many.zip': 'zip.too_many_entries',
      'cut.zip': 'zip.broken',
      'good.png': 'accepted',
    });
  });

  it('whose entries share their bytes unpacks no more than its measure', async () => {
    // 60-fold each, under the ratio for one entry; together 40 * 60-fold.
    const bytes = Buffer.concat([png(), Buffer.alloc(5 * MIB), randomBytes(80_000)]);
    const one = craftZip([{ name: 'x.png', bytes }]);
    const shared = shareFirstEntry(one, 40);
    const { upload } = await setup();
    const report = await reportOf(await upload([['shared.zip', shared]]));
    expect(codes(report)['shared.zip']).toBe('zip.ratio');
    expect(report.counts.accepted).toBeLessThan(12);
  });
});

describe('a tar archive', () => {
  it('packed with gzip is taken like a zip', async () => {
    const { upload } = await setup();
    const tar = craftTar([
      { name: './cats/', bytes: Buffer.alloc(0), type: '5' },
      { name: './cats/good.png', bytes: png() },
      { name: '../up.png', bytes: png() },
      { name: 'readme.txt', bytes: Buffer.from('hello') },
      { name: 'large.png', bytes: png(2 * MIB) },
    ]);
    const report = await reportOf(
      await upload([
        ['set.tar.gz', gzipSync(tar)],
        ['set.tar', tar],
        ['notes.gz', gzipSync('no archive')],
      ]),
    );
    expect(report.counts).toEqual({ accepted: 2, duplicate: 2, refused: 5 });
    expect(codes(report)).toEqual({
      'cats/good.png': 'duplicate',
      '../up.png': 'tar.unsafe_name',
      'readme.txt': 'image.text',
      'large.png': 'duplicate',
      'notes.gz': 'tar.broken',
    });
  });
});

describe('a large upload', () => {
  it('streams through in flat memory', async () => {
    const { tenant, setId } = await setup();
    const fileBytes = 15 * MIB;
    const request = httpRequest(new URL(`/v1/image-sets/${setId}/images`, url), {
      method: 'POST',
      headers: { ...tenant.headers, 'content-type': 'multipart/form-data; boundary=b' },
    });
    const answer = once(request, 'response');
    const block = randomBytes(MIB / 16);
    const write = async (bytes: string | Buffer): Promise<void> => {
      if (!request.write(bytes)) await once(request, 'drain');
    };
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    let peak = before;
    for (let n = 0; n < 20; n++) {
      await write(`--b\r\nContent-Disposition: form-data; name="f"; filename="${n}.png"\r\n\r\n`);
      await write(png(8));
      for (let sent = 0; sent < fileBytes; sent += block.byteLength) {
        block.writeUInt32LE(n, 0);
        await write(Buffer.from(block));
      }
      await write('\r\n');
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    request.end('--b--\r\n');
    const [response] = await answer;
    let body = '';
    for await (const chunk of response) body += chunk;
    const report = uploadReportSchema.parse(JSON.parse(body));
    expect(report.counts).toEqual({ accepted: 20, duplicate: 0, refused: 0 });
    expect(report.image_set.bytes).toBeGreaterThan(300 * MIB);
    // Client and server are one process here; what either holds of 300 MiB must be small.
    expect((peak - before) / MIB).toBeLessThan(150);
  });
});

/** The directory names the first entry's bytes again and again. */
function shareFirstEntry(zip: Buffer, times: number): Buffer {
  const start = zip.indexOf('PK\x01\x02', 0, 'latin1');
  const entry = zip.subarray(start, zip.length - 22);
  const entries = Array.from({ length: times }, (_, n) => {
    const copy = Buffer.from(entry);
    copy.write(String.fromCharCode(0x61 + (n % 26)), copy.length - 5, 'latin1');
    return copy;
  });
  const end = Buffer.from(zip.subarray(zip.length - 22));
  end.writeUInt16LE(times, 8);
  end.writeUInt16LE(times, 10);
  end.writeUInt32LE(entry.length * times, 12);
  return Buffer.concat([zip.subarray(0, start), ...entries, end]);
}
