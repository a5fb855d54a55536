import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { generate } from 'selfsigned';
import type { KubernetesConfig } from '#config';

const NAMESPACE = 'images';
const TOKEN = 'a-token-of-the-kubelet';

export interface Patch {
  readonly path: string;
  readonly contentType: string | undefined;
  readonly body: unknown;
}

/** The one route of a Kubernetes API server that we use, behind TLS with a certificate authority of its own. */
export class ApiServer {
  readonly patches: Patch[] = [];
  /** What is answered from now on. */
  status = 200;

  private constructor(
    private readonly server: Server,
    private readonly accountFolder: string,
  ) {}

  /** Input: where the files of the service account are to lie, as a pod has them. */
  static async start(accountFolder: string): Promise<ApiServer> {
    const { key, cert } = makeCertificate();
    await mkdir(accountFolder, { recursive: true });
    const files = { token: `${TOKEN}\n`, 'ca.crt': cert, namespace: NAMESPACE };
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(accountFolder, name), content);
    }
    const server = createServer({ key, cert });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const started = new ApiServer(server, accountFolder);
    started.#answer();
    return started;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get config(): KubernetesConfig {
    return { url: `https://127.0.0.1:${this.port}`, accountFolder: this.accountFolder };
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  #answer(): void {
    this.server.on('request', (request, response) => {
      void text(request).then((body) => {
        const isOurs =
          request.method === 'PATCH' && request.headers.authorization === `Bearer ${TOKEN}`;
        const status = isOurs ? this.status : 401;
        this.patches.push({
          path: request.url!,
          contentType: request.headers['content-type'],
          body: JSON.parse(body),
        });
        response.writeHead(status).end(JSON.stringify({ kind: 'Status', code: status }));
      });
    });
  }
}

/** Signed by itself, for 127.0.0.1. */
function makeCertificate(): { key: string; cert: string } {
  // By OpenSSL: the package's own takes seconds.
  const keyPair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const extensions = [
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
  ];
  const options = { keyPair, algorithm: 'sha256', extensions };
  const { private: key, cert } = generate([{ name: 'commonName', value: 'kubernetes' }], options);
  return { key, cert };
}
