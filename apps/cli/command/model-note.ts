import type { Job } from '#contracts';
import type { PalletClient } from '../client/pallet-client.js';
import type { CliContext } from '../context.js';

/** What its operator says about the model of these answers, for people; silent when there is nothing. */
export async function noteModel(
  client: PalletClient,
  job: Pick<Job, 'model'>,
  { output, signal }: CliContext,
): Promise<void> {
  const models = await client.listModels({ signal });
  const note = models.find((model) => model.id === job.model)?.note;
  if (note) output.note(`model ${job.model}: ${note}`);
}
