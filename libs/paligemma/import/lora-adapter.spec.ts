import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { checkpointFolder, goldenPicture } from '../golden-fixture.js';
import { WEIGHTS } from '../engine-folder/manifest.js';
import { PaliGemma } from '../paligemma.js';
import { importCheckpoint } from './import-checkpoint.js';

interface Expected {
  readonly checkpoint: string;
  readonly cases: readonly {
    readonly prompt: string;
    readonly image_seed: number;
    readonly max_new_tokens: number;
    readonly generated_ids: readonly number[];
  }[];
}

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

const adapterFolder = (name: string): string =>
  fileURLToPath(new URL(`../../../test/fixtures/adapters/${name}`, import.meta.url));

async function setup(name: string) {
  const folder = await mkdtemp(join(tmpdir(), 'lora-'));
  folders.push(folder);
  const adapter = join(folder, 'adapter');
  await cp(adapterFolder(name), adapter, { recursive: true });
  const changeConfig = async (change: object): Promise<void> => {
    const path = join(adapter, 'adapter_config.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...config, ...change }));
  };
  return { adapter, changeConfig, target: join(folder, 'engine') };
}

/** Gives the tensors of an adapter other names; their data stay. */
async function renameTensors(adapter: string, rename: (name: string) => string): Promise<void> {
  const path = join(adapter, 'adapter_model.safetensors');
  const bytes = await readFile(path);
  const end = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, end).toString()) as Record<string, unknown>;
  const entries = Object.entries(header).map(([name, entry]) => [rename(name), entry]);
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  await writeFile(path, Buffer.concat([prefix, json, bytes.subarray(end)]));
}

/** The highest logit's place and its log-probability, as the reference has them. */
function firstChoice(logits: Float32Array): { token: number; logProbability: number } {
  const best = logits.reduce((top, value) => Math.max(top, value), -Infinity);
  const sum = logits.reduce((total, value) => total + Math.exp(value - best), 0);
  return { token: logits.indexOf(best), logProbability: -Math.log(sum) };
}

describe('a LoRA adapter', () => {
  it.each(['lora', 'rslora-patterns'])('is merged as PEFT merges it: %s', async (name) => {
    const { adapter, target } = await setup(name);
    const expected = JSON.parse(readFileSync(join(adapter, 'expected.json'), 'utf8')) as Expected;
    const bytes = Uint8Array.from(readFileSync(join(adapter, 'expected.f32')));
    const logits = new Float32Array(bytes.buffer);
    const width = logits.length / expected.cases.length;
    const manifest = await importCheckpoint(checkpointFolder(expected.checkpoint), target, {
      precision: 'f32',
      adapter,
    });
    expect(manifest.adapter).toBe('adapter');
    const model = await PaliGemma.load(target);
    for (const [index, golden] of expected.cases.entries()) {
      const image = await model.encode(goldenPicture(golden.image_seed, model.info.imageSize));
      const { prompt, max_new_tokens: maxNewTokens } = golden;
      const answer = await model.answer({ image, prompt, maxNewTokens });
      expect(answer.tokens).toEqual(golden.generated_ids);
      const first = firstChoice(logits.subarray(index * width, (index + 1) * width));
      expect(answer.tokens[0]).toBe(first.token);
      expect(Math.abs(answer.logProbabilities[0]! - first.logProbability)).toBeLessThan(1e-4);
    }
    await model.close();
  });

  it.each<[string, object]>([
    ['DoRA', { use_dora: true }],
    ['another method', { peft_type: 'IA3' }],
    ['weights the other way round', { fan_in_fan_out: true }],
    ['one that begins by changing the base', { init_lora_weights: 'pissa_niter_16' }],
    ['one for a part of the tokens', { alora_invocation_tokens: [5, 6] }],
    ['layers that are repeated', { layer_replication: [[0, 2]] }],
    ['a pattern that is no regular expression', { alpha_pattern: { 'layers.(0': 3 } }],
    ['a factor that is no number', { lora_alpha: 'large' }],
  ])('of a kind that is not merged is refused: %s', async (_, change) => {
    const { adapter, target, changeConfig } = await setup('lora');
    await changeConfig(change);
    await expect(
      importCheckpoint(checkpointFolder('tiny-paligemma'), target, { precision: 'f32', adapter }),
    ).rejects.toThrow(expect.objectContaining({ code: 'adapter.unsupported' }));
  });

  it.each([
    [
      'as transformers up to 4.57 saves it',
      /^base_model\.model\.model\.language_model\./,
      'language_model.model.',
    ],
    [
      'as 4.57 has it in memory',
      /^base_model\.model\.model\.language_model\./,
      'model.language_model.',
    ],
    ['with the name of the adapter', /\.lora_([AB])\.weight$/, '.lora_$1.default.weight'],
  ])('is the same adapter %s', async (_, pattern, name) => {
    const original = await setup('lora');
    const renamed = await setup('lora');
    const isPrefix = pattern.source.startsWith('^');
    await renameTensors(renamed.adapter, (tensor) =>
      tensor
        .replace(pattern, isPrefix ? `base_model.model.${name}` : name)
        .replace(/(vision_tower\.)(?!vision_model)/, '$1vision_model.'),
    );
    const options = { precision: 'f32' } as const;
    const [ours, theirs] = await Promise.all(
      [original, renamed].map(({ adapter, target }) =>
        importCheckpoint(checkpointFolder('tiny-paligemma'), target, { ...options, adapter }),
      ),
    );
    const sums = [ours!, theirs!].map(
      ({ files }) => files.find(({ name: file }) => file === WEIGHTS)!.sha256,
    );
    expect(sums[1]).toBe(sums[0]);
  });

  it('with a half that is there twice is refused, and the tensor named', async () => {
    const { adapter, target } = await setup('lora');
    const other =
      'base_model.model.model.language_model.layers.0.mlp.up_proj.lora_A.default.weight';
    // The same shape, so that only the name can give it away.
    await renameTensors(adapter, (name) =>
      name.endsWith('language_model.layers.0.mlp.gate_proj.lora_A.weight') ? other : name,
    );
    await expect(
      importCheckpoint(checkpointFolder('tiny-paligemma'), target, { precision: 'f32', adapter }),
    ).rejects.toThrow(expect.objectContaining({ message: expect.stringContaining(other) }));
  });

  it('with a number that is none is refused before it hides in integers, and the tensor named', async () => {
    const { adapter, target } = await setup('lora');
    const path = join(adapter, 'adapter_model.safetensors');
    const bytes = await readFile(path);
    bytes.writeFloatLE(NaN, 8 + Number(bytes.readBigUInt64LE()));
    await writeFile(path, bytes);
    await expect(
      importCheckpoint(checkpointFolder('tiny-paligemma'), target, { precision: 'int8', adapter }),
    ).rejects.toThrow(
      expect.objectContaining({
        code: 'adapter.unsupported',
        message: expect.stringContaining('layers.0.mlp.down_proj.lora_A'),
      }),
    );
  });

  it('with another rank than its configuration says is refused', async () => {
    const { adapter, target, changeConfig } = await setup('lora');
    await changeConfig({ r: 8 });
    await expect(
      importCheckpoint(checkpointFolder('tiny-paligemma'), target, { precision: 'f32', adapter }),
    ).rejects.toThrow(expect.objectContaining({ code: 'adapter.wrong_shape' }));
  });

  it('of another model is refused', async () => {
    const { adapter, target } = await setup('rslora-patterns');
    await expect(
      importCheckpoint(checkpointFolder('tiny-paligemma'), target, { precision: 'f32', adapter }),
    ).rejects.toThrow(expect.objectContaining({ code: expect.stringMatching(/^adapter\./) }));
  });

  it('with a tensor that is no part of a pair is refused, and the tensor named', async () => {
    const { adapter, target } = await setup('lora');
    const path = join(adapter, 'adapter_model.safetensors');
    const bytes = await readFile(path);
    const renamed = bytes
      .toString('latin1')
      .replace('layers.0.mlp.up_proj.lora_A.weight', 'layers.0.mlp.up_proj.lora_X.weight');
    await writeFile(path, Buffer.from(renamed, 'latin1'));
    await expect(
      importCheckpoint(checkpointFolder('tiny-paligemma'), target, { precision: 'f32', adapter }),
    ).rejects.toThrow(expect.objectContaining({ message: expect.stringContaining('lora_X') }));
  });
});
