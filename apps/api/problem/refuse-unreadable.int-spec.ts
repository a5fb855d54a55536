import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

const rig = useApi(usePostgres());
beforeAll(() => rig.app.listen(0, '127.0.0.1'));

/** What the api says to a client that goes on sending for a while, and does not listen before. */
async function answerTo(head: string, pieces: number): Promise<string> {
  const { port } = rig.app.getHttpServer().address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(head);
  for (let n = 0; n < pieces; n += 1) {
    if (!socket.write(Buffer.alloc(65_536, 'x'))) await once(socket, 'drain');
  }
  socket.end();
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

describe('a request that is not to be read', () => {
  it.each([
    ['with headers that are too long', `POST /v1/files?${'x'.repeat(20_000)} HTTP/1.1`, 431],
    ['that is no HTTP', 'HELLO /v1/files', 400],
  ])('%s is told so, though it still sends', async (_, line, status) => {
    const head = `${line}\r\nhost: a\r\ncontent-length: 99999999\r\n\r\n`;
    const [top = '', body = ''] = (await answerTo(head, 200)).split('\r\n\r\n');
    expect(top).toMatch(new RegExp(`^HTTP/1.1 ${status} .*application/problem\\+json`, 's'));
    const code = status === 431 ? 'request.headers_too_large' : 'request.malformed';
    expect(JSON.parse(body)).toMatchObject({
      status,
      code,
      request_id: expect.stringMatching(/^req_/),
    });
  });
});
