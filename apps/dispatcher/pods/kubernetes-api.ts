import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { KubernetesConfig } from '#config';

const TIMEOUT_MS = 10_000;
/** What a pod may be called; a worker that runs elsewhere may call its host anything. */
const POD_NAME = /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/;
/** Of an answer of theirs that a message repeats. */
const MOST_DETAIL = 300;

/**
 * Sets an annotation of a pod in our own namespace. By way of its `status`: the API server takes metadata there, and
 * nothing of `spec` (`podStatusStrategy` in kubernetes/pkg/registry/core/pod/strategy.go), so that the right to do
 * this is no right to run something in a pod.
 * Output: whether there is such a pod. Errors: what the API server says, or why it was not reached.
 */
export async function annotatePod(
  { url, accountFolder }: KubernetesConfig,
  pod: string,
  annotations: Readonly<Record<string, string>>,
): Promise<boolean> {
  if (!POD_NAME.test(pod)) return false;
  // Read each time: the kubelet renews the token every hour.
  const [token, ca, namespace] = await Promise.all(
    ['token', 'ca.crt', 'namespace'].map((name) => readFile(join(accountFolder, name), 'utf8')),
  );
  const path = `/api/v1/namespaces/${namespace!.trim()}/pods/${pod}/status`;
  const headers = {
    authorization: `Bearer ${token!.trim()}`,
    'content-type': 'application/merge-patch+json',
  };
  const body = JSON.stringify({ metadata: { annotations } });
  const { status, detail } = await send(new URL(path, url), ca!, headers, body);
  if (status === 404) return false;
  if (status < 300) return true;
  const step =
    status === 403 ? ' The service account needs a Role with `patch` on `pods/status`.' : '';
  throw new Error(
    `Kubernetes answered ${status} to a patch of pod ${pod}: ${detail.slice(0, MOST_DETAIL)}${step}`,
  );
}

function send(
  url: URL,
  ca: string,
  headers: Record<string, string>,
  body: string,
): Promise<{ status: number; detail: string }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const outgoing = request(url, { method: 'PATCH', ca, headers, signal }, (response) => {
      text(response).then(
        (detail) => resolve({ status: response.statusCode!, detail }),
        (error: unknown) => reject(error as Error),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
