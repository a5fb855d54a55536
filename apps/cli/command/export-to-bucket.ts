import type { Export, ExportFormatName } from '#contracts';
import { bucketAccess, type BucketFlags } from '../connection/bucket-access.js';
import { connectForExports, type CommandInput } from '../context.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { waitForEnd } from './wait-for-end.js';

const MEGABYTE = 1e6;

export interface BucketExportFlags extends BucketFlags {
  format: ExportFormatName;
  partial?: boolean;
  /** False with --no-wait. */
  wait: boolean;
  json?: boolean;
}

/** Has the server write an export into a bucket, and waits for it. */
export async function exportToBucket(
  { flags, context, ...input }: CommandInput<BucketExportFlags>,
  jobId: string,
  destination: string,
): Promise<ExitCode> {
  const { output, env, signal } = context;
  const { format, partial } = flags;
  const access = await bucketAccess(flags, env);
  const client = await connectForExports({ flags, context, ...input });
  const made = await client.create(jobId, { format, partial, destination, ...access }, signal);
  const show = ({ items, bytes }: Export) => ({
    done: items.read,
    total: items.total,
    note: `${Math.round(bytes / MEGABYTE)} MB written`,
  });
  const get = () => client.get(made.id, signal);
  const shown = flags.wait
    ? await waitForEnd(made, get, { label: 'exporting', show }, context)
    : made;
  if (flags.json) await output.json(shown);
  else await output.data(`${describe(shown)}\n`);
  return shown.state === 'failed' || shown.state === 'cancelled' ? EXIT.failed : EXIT.ok;
}

function describe({ id, state, destination, bytes, sha256, error }: Export): string {
  if (error !== null) return `${id}: ${state} (${error.code}: ${error.detail})`;
  const what = sha256 === null ? '' : `, ${bytes} bytes, sha256 ${sha256}`;
  return `${id}: ${state}, ${destination}${what}`;
}
