import { Writable } from 'node:stream';
import type { CliInput } from '../run-cli.js';
import { runCli } from '../run-cli.js';

/** A stream that keeps what was written to it. */
export class Captured extends Writable {
  text = '';
  isTTY = false;

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}

/** One command as the shell would see it. */
export async function cli(
  args: readonly string[],
  part: Partial<CliInput> = {},
): Promise<{ code: number; out: string; err: string }> {
  const stdout = new Captured();
  const stderr = new Captured();
  const signal = new AbortController().signal;
  const code = await runCli({ args, stdout, stderr, env: {}, signal, ...part });
  return { code, out: stdout.text, err: stderr.text };
}
