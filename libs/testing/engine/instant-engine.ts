/**
 * An engine for faults and benchmarks, run by the real engine host: it answers at once, and what it
 * answers is a function of bytes and task alone, so that a checker can tell a right result from a wrong one.
 *
 * `engine.json` in the model directory sets `itemMs`, `isSerial` (one picture after the other, as an accelerator that
 * is full; otherwise all that the host holds take their time side by side) and `revision`. Bytes with a trigger in them misbehave:
 * `PALLET-TEST-CRASH` kills the host, `PALLET-TEST-HANG` blocks it for good, `PALLET-TEST-REFUSE` is
 * refused like a picture that cannot be read.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type Answer, type HostResult, type Task } from '#contracts';
import { taskDigest } from '#pipeline';

interface InstantRequest {
  readonly bytes: Uint8Array;
  readonly tasks: readonly Task[];
}

interface InstantSettings {
  readonly itemMs?: number;
  readonly isSerial?: boolean;
  readonly revision?: string;
}

export async function openEngine(options: { readonly modelDirectory: string }) {
  const settings = await readFile(join(options.modelDirectory, 'engine.json'), 'utf8')
    .then((text) => JSON.parse(text) as InstantSettings)
    .catch((): InstantSettings => ({}));
  let before: Promise<unknown> = Promise.resolve();
  const work = (itemMs: number): Promise<unknown> => {
    const mine = settings.isSerial ? before.then(() => sleep(itemMs)) : sleep(itemMs);
    before = mine;
    return mine;
  };
  return {
    model: {
      family: 'instant',
      imageSize: 1,
      parameters: 0,
      revision: settings.revision ?? 'instant',
    },
    analyse: async ({ bytes, tasks }: InstantRequest): Promise<HostResult> => {
      const startedAt = performance.now();
      misbehave(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      if (settings.itemMs) await work(settings.itemMs);
      return { ...instantResult(bytes, tasks), timings: allGenerating(startedAt) };
    },
    close: async (): Promise<void> => undefined,
  };
}

/** What the engine answers for these bytes: the checker's expectation too. */
export function instantText(bytes: Uint8Array, task: Task): string {
  const asked = taskDigest(task) ?? JSON.stringify(task);
  return createHash('sha256').update(bytes).update(asked).digest('hex').slice(0, 16);
}

const allGenerating = (startedAt: number): HostResult['timings'] => ({
  decode_ms: 0,
  encode_ms: 0,
  generate_ms: performance.now() - startedAt,
});

function instantResult(bytes: Uint8Array, tasks: readonly Task[]): Omit<HostResult, 'timings'> {
  const answers = tasks.map((task, index): Answer => {
    const text = instantText(bytes, task);
    return {
      task: index,
      prompt: 'instant',
      raw: text,
      text,
      boxes: [],
      confidence: 1,
      tokens: 1,
      end_reason: 'eos',
      warnings: [],
    };
  });
  return { answers, width: 1, height: 1 };
}

function misbehave(bytes: Buffer): void {
  if (!bytes.includes('PALLET-TEST-')) return;
  if (bytes.includes('PALLET-TEST-CRASH')) process.kill(process.pid, 'SIGKILL');
  if (bytes.includes('PALLET-TEST-HANG')) for (;;);
  if (bytes.includes('PALLET-TEST-REFUSE')) {
    throw new AppError('image.undecodable', 'Refused by the test engine.');
  }
}
