import type { Command } from 'commander';
import { ExportClient } from './client/export-client.js';
import { KeyClient } from './client/key-client.js';
import { ImportClient } from './client/import-client.js';
import { PalletClient } from './client/pallet-client.js';
import { UploadClient } from './client/upload-client.js';
import { WebhookClient } from './client/webhook-client.js';
import { WorkerClient } from './client/worker-client.js';
import { getConnection, type ConnectionFlags } from './connection/connection.js';
import { EXIT } from './exit-code.js';
import type { Output } from './output/output.js';

/** What every command is given of the process it runs in, so that specs can give something else. */
export interface CliContext {
  output: Output;
  env: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C and SIGTERM, with `cli.interrupted`. */
  signal: AbortSignal;
  /** Left by the command that ran. */
  exitCode: number;
}

export interface CommandInput<T> {
  flags: T & ConnectionFlags;
  context: CliContext;
}

/** Makes a function of arguments and options a commander action; its value becomes the exit code. */
export function action<A extends unknown[], T>(
  context: CliContext,
  run: (input: CommandInput<T>, ...args: A) => Promise<number | void>,
): (...all: unknown[]) => Promise<void> {
  return async (...all) => {
    // commander passes the declared arguments, then the options, then the command itself.
    const command = all.at(-1) as Command;
    const args = all.slice(0, -2) as A;
    const flags = command.optsWithGlobals<T & ConnectionFlags>();
    context.exitCode = (await run({ flags, context }, ...args)) ?? EXIT.ok;
  };
}

/** The part of the API that takes uploads in parts. */
export async function connectForUploads(input: CommandInput<unknown>): Promise<UploadClient> {
  return new UploadClient(await getConnection(input.flags, input.context.env));
}

export async function connectForExports(input: CommandInput<unknown>): Promise<ExportClient> {
  return new ExportClient(await getConnection(input.flags, input.context.env));
}

export async function connectForImports(input: CommandInput<unknown>): Promise<ImportClient> {
  return new ImportClient(await getConnection(input.flags, input.context.env));
}

export async function connectForKeys(input: CommandInput<unknown>): Promise<KeyClient> {
  return new KeyClient(await getConnection(input.flags, input.context.env));
}

export async function connectForWebhooks(input: CommandInput<unknown>): Promise<WebhookClient> {
  return new WebhookClient(await getConnection(input.flags, input.context.env));
}

export async function connectForWorkers(input: CommandInput<unknown>): Promise<WorkerClient> {
  return new WorkerClient(await getConnection(input.flags, input.context.env));
}

export async function connect(input: CommandInput<unknown>): Promise<PalletClient> {
  return new PalletClient(await getConnection(input.flags, input.context.env));
}
