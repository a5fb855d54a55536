import { describe, expect, it } from 'vitest';
import { checkpointFolder } from '../../golden-fixture.js';
import { PaliGemma } from '../../paligemma.js';

// Before the runtime looks for one: no driver is installed in this process.
process.env['VK_ICD_FILENAMES'] = '/nonexistent.json';
process.env['VK_DRIVER_FILES'] = '/nonexistent.json';

describe.skipIf(process.platform !== 'linux')('a machine without a GPU', () => {
  it('is told so, and what to do', async () => {
    const loading = PaliGemma.load(checkpointFolder('tiny-paligemma'), { provider: 'webgpu' });
    await expect(loading).rejects.toMatchObject({
      code: 'provider.unavailable',
      message: expect.stringContaining('provider "cpu"'),
    });
  });
});
