import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../checkpoint/checkpoint.js';
import { checkpointFolder } from '../../golden-fixture.js';
import { openRunner } from '../open-runner.js';

const OPTIONS = { slots: 2, maxTokens: 256, vocabularySize: 100 };
const main = createRequire(import.meta.url).resolve('onnxruntime-node');
const LIBRARY = 'bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so';
const IS_INSTALLED = existsSync(join(dirname(dirname(main)), LIBRARY));

describe('provider cuda', async () => {
  const checkpoint = await openCheckpoint(checkpointFolder('tiny-paligemma'));

  it.skipIf(IS_INSTALLED)('says how to install what npm does not bring', async () => {
    await expect(openRunner('cuda', checkpoint, OPTIONS)).rejects.toMatchObject({
      code: 'provider.unavailable',
      message: expect.stringContaining('--onnxruntime-node-install=cuda12') as string,
    });
  });

  it.each(['int8', 'int4'] as const)('refuses %s, before anything is loaded', async (precision) => {
    await expect(openRunner('cuda', { ...checkpoint, precision }, OPTIONS)).rejects.toMatchObject({
      code: 'provider.unsupported_precision',
      context: { precision },
    });
  });
});
