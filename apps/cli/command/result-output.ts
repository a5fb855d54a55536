import type { Job } from '#contracts';
import type { PalletClient, ResultFilterText } from '../client/pallet-client.js';
import type { CliContext } from '../context.js';
import { RESULT_COLUMNS, resultRows } from '../output/result-row.js';

export type ResultQuery = ResultFilterText;

/** A table with one row per image and task, written page by page. */
export async function writeResultTable(
  client: PalletClient,
  job: Pick<Job, 'id' | 'tasks'>,
  { output, signal }: CliContext,
  query: ResultQuery = {},
): Promise<void> {
  const table = output.table(RESULT_COLUMNS);
  for await (const page of client.resultPages(job.id, { ...query, signal })) {
    await output.data(table.render(page.data.flatMap((item) => resultRows(item, job.tasks))));
  }
}

/** One item per line, as the API gave it. */
export async function writeResultLines(
  client: PalletClient,
  jobId: string,
  { output, signal }: CliContext,
  query: ResultQuery = {},
): Promise<void> {
  for await (const page of client.resultPages(jobId, { ...query, signal })) {
    await output.data(page.data.map((item) => `${JSON.stringify(item)}\n`).join(''));
  }
}

/** One JSON document: `head` with the items as its last field, streamed so that any number fits. */
export async function writeResultDocument(
  client: PalletClient,
  job: Pick<Job, 'id'>,
  { output, signal }: CliContext,
  head: Readonly<Record<string, unknown>>,
  query: ResultQuery = {},
): Promise<void> {
  const opening = JSON.stringify(head).slice(0, -1);
  await output.data(`${opening},"data":[`);
  let separator = '\n';
  for await (const page of client.resultPages(job.id, { ...query, signal })) {
    for (const item of page.data) {
      await output.data(separator + JSON.stringify(item));
      separator = ',\n';
    }
  }
  await output.data('\n]}\n');
}
