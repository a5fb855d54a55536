import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiDescription } from './api-schema.js';
import { clientSource } from './client-source.js';
import { offlineDocument } from './offline-document.js';

/**
 * `npm run openapi`: writes the description and the client that is made of it. With `--release`, what it
 * says now is what later ones are held to. Run at the root of the repository, after a build.
 */
const folder = join('apps', 'api', 'openapi');
const document = await offlineDocument();
await writeFile(join(folder, 'openapi.json'), `${JSON.stringify(document, undefined, 2)}\n`);
const source = clientSource(document as unknown as ApiDescription);
await writeFile(join('libs', 'client', 'api.ts'), source);
if (process.argv.includes('--release')) {
  await copyFile(join(folder, 'openapi.json'), join(folder, 'released.json'));
}
