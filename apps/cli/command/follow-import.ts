import type { Import } from '#contracts';
import type { ImportClient } from '../client/import-client.js';
import type { CliContext } from '../context.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { waitForEnd } from './wait-for-end.js';

export function waitForImport(
  client: ImportClient,
  made: Import,
  context: CliContext,
): Promise<Import> {
  const { signal } = context;
  const show = ({ row_counts: { found, accepted, duplicate, refused } }: Import) => ({
    done: accepted + duplicate + refused,
    total: found,
    note: refused > 0 ? `${refused} refused` : undefined,
  });
  const get = () => client.get(made.id, { signal });
  return waitForEnd(made, get, { label: 'importing', show }, context);
}

export function describeImport({ state, row_counts: counts, error }: Import): string {
  const why = error === null ? '' : ` (${error.code}: ${error.detail})`;
  const { accepted, duplicate, refused } = counts;
  return `${state}${why}, ${accepted} accepted, ${duplicate} already there, ${refused} refused`;
}

export function exitCodeOfImport({ state, row_counts: counts }: Import): ExitCode {
  if (state === 'failed' || state === 'cancelled') return EXIT.failed;
  return counts.refused > 0 ? EXIT.failedItems : EXIT.ok;
}
