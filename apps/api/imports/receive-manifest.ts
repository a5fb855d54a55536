import { AppError, newUuid, type LineError, type ManifestCheck } from '#contracts';
import {
  addFoundRows,
  claimCustomIds,
  endImport,
  finishListing,
  forgetCustomIds,
  type ImportRecord,
} from '#database';
import { foundRows, manifestChunks, readManifest, type ManifestFormat } from '#intake';
import type { OutgoingGuard } from '#outgoing';
import type { ApiParts } from '../parts.js';

/** A manifest on its way in. */
export interface Manifest {
  readonly body: AsyncIterable<Uint8Array>;
  readonly format: ManifestFormat;
  readonly guard: OutgoingGuard;
}

const SHOWN_ERRORS = 1_000;
/** Rows whose custom ids are looked for at once. */
const chunksOf = (parts: ApiParts, importId: string, manifest: Manifest) =>
  manifestChunks(readManifest(manifest.body, manifest.format, manifest), (ids) =>
    claimCustomIds(parts.database, importId, ids),
  );

/**
 * Reads a manifest to its end into an import that lists; what it has found is fetched meanwhile.
 * Errors: `manifest.too_many_rows`, `import.ended`, those of the body; then the import has failed with them.
 */
export async function receiveManifest(
  parts: ApiParts,
  { id: importId, tenantId, setId }: ImportRecord,
  manifest: Manifest,
): Promise<void> {
  const { imagesPerSet } = parts.config.limits;
  const target = { importId, tenantId, setId, imagesPerSet };
  let found = 0;
  try {
    for await (const chunk of chunksOf(parts, importId, manifest)) {
      found += chunk.rows.length + chunk.errors.length;
      if (found > imagesPerSet) throw tooManyRows(imagesPerSet);
      await parts.database.transaction((tx) =>
        addFoundRows(tx, target, foundRows(importId, chunk)),
      );
    }
    await finishListing(parts.database, importId);
    await forgetCustomIds(parts.database, importId);
  } catch (error) {
    const reason = error instanceof AppError ? error : CUT;
    await endImport(parts.database, importId, {
      state: 'failed',
      error: { code: reason.code, detail: reason.message },
    });
    throw error;
  }
}

const CUT = new AppError(
  'manifest.cut',
  'The manifest ended before all of it had come. Send it again: what the set has already is a duplicate.',
);

/** The error of more rows than a set has room for. */
const tooManyRows = (most: number): AppError =>
  new AppError('manifest.too_many_rows', `A manifest has ${most} rows at most. Split it.`);

/** Reads a manifest to its end and imports nothing. Errors: `manifest.too_many_rows`, those of the body. */
export async function checkManifest(parts: ApiParts, manifest: Manifest): Promise<ManifestCheck> {
  const id = newUuid();
  const { imagesPerSet } = parts.config.limits;
  const line_errors: LineError[] = [];
  const row_counts = { found: 0, usable: 0 };
  try {
    for await (const { rows, errors } of chunksOf(parts, id, manifest)) {
      row_counts.found += rows.length + errors.length;
      row_counts.usable += rows.length;
      line_errors.push(...errors.slice(0, SHOWN_ERRORS - line_errors.length));
      if (row_counts.found > imagesPerSet) throw tooManyRows(imagesPerSet);
    }
  } finally {
    await forgetCustomIds(parts.database, id);
  }
  return { object: 'manifest_check', row_counts, line_errors };
}
