import { listFiles, modelInfo } from '@huggingface/hub';
import { createHash, type Hash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { AppError } from '#contracts';
import type { HubConnection } from './hub-connection.js';

/** A file of a repository at one commit. */
export interface RemoteFile {
  readonly path: string;
  readonly bytes: number;
  /** Of the content, in hexadecimal: SHA-256 of large files, git's own SHA-1 of the others. */
  readonly checksum: string;
  readonly address: string;
}

export interface RemoteState {
  /** 40 hexadecimal digits. */
  readonly commit: string;
  /** Files at the top of the repository. */
  readonly files: readonly RemoteFile[];
}

/**
 * Resolves a branch or tag to its commit, and lists that: what is pushed meanwhile changes nothing.
 * Errors: those of `HubConnection`, `hub.bad_answer`.
 */
export async function readRemoteState(connection: HubConnection): Promise<RemoteState> {
  const { access, repository } = connection.options;
  const common = { hubUrl: access.url, fetch: connection.fetch };
  const { sha: commit } = await modelInfo({
    ...common,
    name: repository.name,
    revision: repository.revision,
    additionalFields: ['sha'],
  });
  if (typeof commit !== 'string' || !/^[0-9a-f]{40}$/.test(commit)) throw badAnswer('a commit');
  const files: RemoteFile[] = [];
  const repo = { type: 'model' as const, name: repository.name };
  for await (const entry of listFiles({ ...common, repo, revision: commit })) {
    if (entry.type !== 'file') continue;
    const { path, size } = entry;
    const checksum = entry.lfs?.oid ?? entry.oid;
    const bytes = entry.lfs?.size ?? size;
    if (checksum === undefined || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(checksum)) {
      throw badAnswer(`a checksum of ${path}`);
    }
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw badAnswer(`the size of ${path}`);
    const address = `${access.url}/${repository.name}/resolve/${commit}/${encodeURIComponent(path)}`;
    files.push({ path, bytes, checksum, address });
  }
  return { commit, files };
}

/** To be fed with the content; the result is `checksum` when the content is right. */
export function hashFor({ bytes, checksum }: RemoteFile): Hash {
  // git hashes a header before the content: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
  return checksum.length === 64
    ? createHash('sha256')
    : createHash('sha1').update(`blob ${bytes}\0`);
}

const badAnswer = (missing: string): AppError =>
  new AppError('hub.bad_answer', `The Hub's answer has not ${missing} in it. Is --hub-url a Hub?`);

/** Of a file on this machine; `undefined` when it is not there. */
export const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
