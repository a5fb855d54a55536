import type { UploadedFile, UploadReport } from '#contracts';
import type { ImageSetRecord, RecordedFiles } from '#database';
import type { Refusal } from '#intake';
import { viewImageSet } from '../image-sets/image-set-view.js';

const MAX_REFUSED = 10_000;
const MAX_OTHERS = 1_000;

/** What an upload has come to so far. Counts everything, names only so many: memory stays flat. */
export class UploadTally {
  readonly #counts = { accepted: 0, duplicate: 0, refused: 0 };
  readonly #refused: UploadedFile[] = [];
  readonly #others: UploadedFile[] = [];

  addRefused(name: string, { code, detail }: Refusal): void {
    this.#counts.refused += 1;
    if (this.#refused.length >= MAX_REFUSED) return;
    this.#refused.push({ name, status: 'refused', n: null, sha256: null, error: { code, detail } });
  }

  addRecorded(
    files: readonly { readonly name: string; readonly sha256: string }[],
    recorded: RecordedFiles['accepted'],
  ): void {
    for (const [at, row] of recorded.entries()) {
      const file = files[at];
      if ('refused' in row) {
        if (file !== undefined) this.addRefused(file.name, row.refused);
        continue;
      }
      const { n, duplicate } = row;
      const status = duplicate ? 'duplicate' : 'accepted';
      this.#counts[status] += 1;
      if (file === undefined || this.#others.length >= MAX_OTHERS) continue;
      this.#others.push({ name: file.name, status, n, sha256: file.sha256, error: null });
    }
  }

  report(set: ImageSetRecord): UploadReport {
    return {
      object: 'upload_report',
      image_set: viewImageSet(set),
      counts: { ...this.#counts },
      files: [...this.#refused, ...this.#others],
    };
  }
}
