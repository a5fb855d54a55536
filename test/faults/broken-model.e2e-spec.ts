import { expect, it } from 'vitest';
import { System } from '../rig/system.js';

it('a worker whose model does not load says why, and ends', async () => {
  const model = { name: 'missing', directory: '/nonexistent/checkpoint' };
  await expect(System.start({ queue: 'postgres', model })).rejects.toThrow(
    /worker ended with code 1[\s\S]*engine\.not_loaded[\s\S]*MODEL_DIRECTORY/,
  );
});
