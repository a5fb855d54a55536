import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';

const BOUNDARY = 'pallet-ingest-bench';
/** Longer than any file of the bench; made once, so that the client costs next to nothing. */
const MAX_FILE_BYTES = 32 * 2 ** 20;
const END = Buffer.from(`--${BOUNDARY}--\r\n`);
const LINE_END = Buffer.from('\r\n');
const PNG_START = Buffer.from('89504e470d0a1a0a', 'hex');
/** Makes each file another one: no content is known before it comes. */
const MARK_BYTES = 16;
const ahead = PNG_START.byteLength + MARK_BYTES;
const common = randomBytes(MAX_FILE_BYTES);

export interface PictureRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly files: number;
  /** Of each file. */
  readonly fileBytes: number;
}

/** One multipart request of files that begin as PNGs do. Output: its JSON answer. Errors: any other status than 2xx. */
export async function sendPictures(wanted: PictureRequest): Promise<unknown> {
  const { url, headers, files, fileBytes } = wanted;
  const rest = common.subarray(0, fileBytes - ahead);
  const starts = Array.from({ length: files }, (_, n) => startOf(n));
  const length = starts.reduce(
    (sum, start) => sum + start.byteLength + rest.byteLength + LINE_END.byteLength,
    END.byteLength,
  );
  const sent = request(url, {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      'content-length': String(length),
    },
  });
  const answer = once(sent, 'response') as Promise<[IncomingMessage]>;
  // It is awaited below; until then its failure must not end the process.
  answer.catch(() => undefined);
  for (const start of starts) {
    sent.write(start);
    sent.write(rest);
    if (!sent.write(LINE_END)) await Promise.race([once(sent, 'drain'), answer]);
  }
  sent.end(END);
  const [response] = await answer;
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  if (response.statusCode !== 200 && response.statusCode !== 201) {
    throw new Error(`${url}: ${response.statusCode} ${text}`);
  }
  return JSON.parse(text);
}

function startOf(n: number): Buffer {
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="${n}.png"\r\nContent-Type: image/png\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), PNG_START, randomBytes(MARK_BYTES)]);
}
