import type { ExportFormatName, ItemResult, Job } from '#contracts';

/** What an export is made of. */
export interface ExportSource {
  readonly job: Job;
  /**
   * The items that have ended, by number. May be read several times: a format that needs the names of all
   * labels first reads twice instead of keeping the results.
   */
  results(): AsyncIterable<ItemResult>;
  /** The bytes of an item's picture as they were uploaded; undefined when they are gone. */
  picture(item: ItemResult): Promise<Uint8Array | undefined>;
}

export type Content = AsyncIterable<string | Uint8Array>;

export interface ExportFile {
  /** Within the export: folders and a name that are safe on every system. */
  readonly path: string;
  /** Small files at once, large ones as they are made. */
  readonly content: string | Uint8Array | Content;
  /** Its bytes are compressed already. */
  readonly isPacked?: boolean;
}

/** What an export tells about itself besides its files; ends up in the manifest of an archive. */
export interface ExportReport {
  count(what: string, by?: number): void;
  /** Something of the results has no place in this format. `reason` is for people, and stable. */
  leftOut(reason: string, by?: number): void;
}

export interface ExportFormat {
  readonly name: ExportFormatName;
  /** `zip`: its files in an archive with a manifest. Else it is one file, sent as it is. */
  readonly extension: string;
  readonly mediaType: string;
  /**
   * The same results give the same bytes. Memory does not grow with them: a file is read to its end before the next
   * one is asked for.
   */
  files(source: ExportSource, report: ExportReport): AsyncIterable<ExportFile>;
}
