/** For specs: a GPU in software, the one that Debian's chromium brings along (scripts/chromium-vulkan.js). */
import { constants } from 'node:os';
import { join } from 'node:path';

const FOLDER = '/usr/lib/chromium';
/** The runtime has WebGPU on every system but this. */
export const HAS_WEBGPU = !(process.platform === 'linux' && process.arch !== 'x64');
/** glibc's dlfcn.h; Node has no name for it. */
const RTLD_NODELETE = 0x1000;

/**
 * From now on the runtime finds SwiftShader in this process. Call it before the first WebGPU session. Elsewhere than
 * on Linux the system's own GPU is used.
 *
 * The runtime asks for libvulkan.so.1 by name. Nothing on the loader's path has it, but a library that is loaded
 * already is found by its name: so it is loaded here and stays. Node then complains that it is no addon, rightly.
 */
export function useSwiftShader(): void {
  if (process.platform !== 'linux') return;
  process.env['VK_ICD_FILENAMES'] = join(FOLDER, 'vk_swiftshader_icd.json');
  process.env['VK_DRIVER_FILES'] = join(FOLDER, 'vk_swiftshader_icd.json');
  try {
    const flags = constants.dlopen.RTLD_NOW | RTLD_NODELETE;
    process.dlopen({ exports: {} }, join(FOLDER, 'libvulkan.so.1'), flags);
  } catch (error) {
    if (!String(error).includes('did not self-register')) throw error;
  }
}
