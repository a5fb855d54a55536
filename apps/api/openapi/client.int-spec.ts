import { beforeAll, describe, expect, it } from 'vitest';
import { every, pallet, PalletError, readEvents, type Pallet } from '#client';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

let api: Pallet;

const rig = useApi(usePostgres());
beforeAll(async () => {
  await rig.serveModel('default');
  await rig.app.listen(0, '127.0.0.1');
  api = pallet({ url: await rig.app.getUrl(), apiKey: (await rig.createTenant()).key });
});

const picture = () => {
  const form = new FormData();
  form.append('f', new Blob([Buffer.from('\x89PNG\r\n\x1A\n and more', 'latin1')]), 'a.png');
  return form;
};

describe('the client that is made of the description', () => {
  it('goes from an empty set to a cancelled job', async () => {
    const set = await api.createImageSet({ body: { name: 'Summer' }, 'Idempotency-Key': 'once' });
    const again = await api.createImageSet({ body: { name: 'Summer' }, 'Idempotency-Key': 'once' });
    expect(again.id).toBe(set.id);
    const report = await api.uploadImages({ id: set.id, body: picture() });
    expect(report.counts).toEqual({ accepted: 1, duplicate: 0, refused: 0 });
    const job = await api.createJob({
      body: { image_set: set.id, seal: true, tasks: [{ type: 'caption' }] },
    });
    expect(job.item_counts.total).toBe(1);
    expect((await api.listResults({ id: job.id, limit: 5 })).data).toEqual([]);
    await api.cancelJob({ id: job.id });
    expect((await api.getJob({ id: job.id })).state).toMatch(/^cancel/);
  });

  it('reads lists to their end', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) await api.createImageSet({ body: { name } });
    const seen: (string | null)[] = [];
    for await (const { name } of every(api.listImageSets, { limit: 2 })) seen.push(name);
    expect(seen).toEqual([...names.toReversed(), 'Summer']);
  });

  it('follows events', async () => {
    const gone = new AbortController();
    const response = await api.followEvents({}, { signal: gone.signal });
    const set = await api.createImageSet({ body: {} });
    for await (const { type, id, data } of readEvents(response)) {
      if (type !== 'image_set') continue;
      expect(id).toMatch(/^\d+-\d+$/);
      expect(data).toMatchObject({ id: set.id });
      break;
    }
    gone.abort();
  });

  it('throws what the api says, with its code', async () => {
    const error = await api.getJob({ id: 'job_1' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PalletError);
    expect(error).toMatchObject({ status: 404, problem: { code: 'job.not_found' } });
    const wrong = pallet({ url: await rig.app.getUrl(), apiKey: 'plt_wrong' });
    await expect(wrong.listJobs()).rejects.toMatchObject({ status: 401 });
  });
});
