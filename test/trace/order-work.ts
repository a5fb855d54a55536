import { createHash } from 'node:crypto';
import type { ImageSet, Import, PartUrls, Upload } from '#contracts';
import type { TestClient } from '../rig/client.js';
import { tinyImage } from '../rig/tiny-image.js';
import type { System } from '../rig/system.js';

type Headers = Readonly<Record<string, string>>;

/** Sends a picture in one part, straight into the store; a dispatcher makes an image of it later. */
export async function uploadInParts(
  system: System,
  client: TestClient,
  set: ImageSet,
): Promise<Upload> {
  const { name, bytes } = tinyImage(1);
  const order = { name, bytes: bytes.byteLength };
  const upload = await client.request<Upload>('POST', `/v1/image-sets/${set.id}/uploads`, order);
  const md5 = createHash('md5').update(bytes).digest('base64');
  const parts = { parts: [{ n: 0, md5 }] };
  const urls = await client.request<PartUrls>('POST', `/v1/uploads/${upload.id}/parts`, parts);
  const { url, headers } = urls.data[0]!;
  const body = new Uint8Array(bytes);
  const sent = await fetch(new URL(url, system.url), { method: 'PUT', headers, body });
  if (!sent.ok) throw new Error(`part: ${sent.status}`);
  return client.request<Upload>('POST', `/v1/uploads/${upload.id}/complete`);
}

/** Orders an import of the picture that `uploadInParts` sends, by its content. */
export async function importKnown(
  system: System,
  headers: Headers,
  set: ImageSet,
): Promise<Import> {
  const sha256 = createHash('sha256').update(tinyImage(1).bytes).digest('hex');
  const response = await fetch(`${system.url}/v1/image-sets/${set.id}/imports`, {
    method: 'POST',
    headers: {
      ...headers,
      authorization: `Bearer ${system.apiKey}`,
      'content-type': 'application/jsonl',
    },
    body: `${JSON.stringify({ sha256, name: 'again.png' })}\n`,
  });
  return (await response.json()) as Import;
}

/** Orders a batch of one request, as the clients of OpenAI do. */
export async function orderBatch(client: TestClient): Promise<{ id: string }> {
  const url = `data:image/png;base64,${Buffer.from(tinyImage(2).bytes).toString('base64')}`;
  const content = [
    { type: 'text', text: 'caption en' },
    { type: 'image_url', image_url: { url } },
  ];
  const body = { model: 'instant', messages: [{ role: 'user', content }] };
  const line = { custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body };
  const form = new FormData();
  form.append('purpose', 'batch');
  form.append('file', new Blob([`${JSON.stringify(line)}\n`]), 'requests.jsonl');
  const { id } = await client.request<{ id: string }>('POST', '/v1/files', form);
  const order = { endpoint: '/v1/chat/completions', completion_window: '24h' };
  return client.request('POST', '/v1/batches', { ...order, input_file_id: id });
}
