import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ApiServer } from './api-server-fixture.js';
import { annotatePod } from './kubernetes-api.js';

let folder: string;
let server: ApiServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pallet-account-'));
  server = await ApiServer.start(folder);
});
afterEach(async () => {
  server.stop();
  await rm(folder, { recursive: true });
});

const COST = { 'controller.kubernetes.io/pod-deletion-cost': '100' };

it("patches the pod's status, in the namespace and with the token of the service account", async () => {
  expect(await annotatePod(server.config, 'pallet-worker-gpu-7d9f-x2x9z', COST)).toBe(true);
  expect(server.patches).toEqual([
    {
      path: '/api/v1/namespaces/images/pods/pallet-worker-gpu-7d9f-x2x9z/status',
      contentType: 'application/merge-patch+json',
      body: { metadata: { annotations: COST } },
    },
  ]);
});

it.each(['..', '../secrets/pallet', 'pod/exec', 'pod?x=1', 'Mac.local', ''])(
  'asks nothing about a host that is no name of a pod: %s',
  async (host) => {
    expect(await annotatePod(server.config, host, COST)).toBe(false);
    expect(server.patches).toEqual([]);
  },
);

it('says so when there is no such pod, and what is missing when it may not', async () => {
  server.status = 404;
  expect(await annotatePod(server.config, 'elsewhere', COST)).toBe(false);
  server.status = 403;
  await expect(annotatePod(server.config, 'pod', COST)).rejects.toThrow(/403.*pods\/status/);
  await writeFile(join(folder, 'token'), 'an old one');
  await expect(annotatePod(server.config, 'pod', COST)).rejects.toThrow(/answered 401.*pod pod/);
});

it('trusts nobody but the certificate authority of its cluster', async () => {
  const other = await ApiServer.start(join(folder, 'other'));
  try {
    const impostor = { ...server.config, url: other.config.url };
    await expect(annotatePod(impostor, 'pod', COST)).rejects.toThrow(/self-signed|certificate/);
    expect(other.patches).toEqual([]);
  } finally {
    other.stop();
  }
});
