import { AppError } from '#contracts';
import { GraphSession } from '../../graph/graph-session.js';
import { zerosGraph } from './cache-graphs.js';

/**
 * Says whether there is a GPU that the runtime can use, before gigabytes are read for it.
 * Errors: `provider.unavailable`.
 */
export async function requireAdapter(): Promise<void> {
  try {
    const probe = await GraphSession.open(zerosGraph(), { weightFolder: '.', provider: 'webgpu' });
    await probe.release();
  } catch (cause) {
    throw new AppError(
      'provider.unavailable',
      'Provider "webgpu" finds no GPU on this machine. Install its driver (on Linux with Vulkan: libvulkan1 and the vendor’s driver), or load the model with provider "cpu".',
      { cause, context: { reason: cause instanceof Error ? cause.message : String(cause) } },
    );
  }
}
