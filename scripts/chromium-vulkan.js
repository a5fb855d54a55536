import { existsSync } from 'node:fs';
import { runQuietly, say, StepError } from './step.js';

/** A whole GPU in software, and the loader that finds it. Debian packs them with chromium only. */
const FILES = ['libvk_swiftshader.so', 'vk_swiftshader_icd.json', 'libvulkan.so.1'].map(
  (name) => `/usr/lib/chromium/${name}`,
);

const NEEDED =
  'The tests of the dashboard need Debian’s chromium, those of the WebGPU provider its SwiftShader. Install it first: sudo apt-get install chromium.';

/**
 * Installs Debian's chromium when it is missing and we may. Elsewhere than on Linux x64 the runtime has the system's
 * own GPU, or no WebGPU at all. Errors: StepError.
 */
export async function ensureChromium() {
  if (process.platform !== 'linux' || process.arch !== 'x64' || isThere()) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) throw new StepError(NEEDED);
  say('SwiftShader is missing: installing chromium with apt-get ...');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await runQuietly('apt-get', ['update', '-q'], env);
  await runQuietly('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium'], env);
  if (!isThere()) throw new StepError(NEEDED);
}

const isThere = () => FILES.every((file) => existsSync(file));
