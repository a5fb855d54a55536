import { requireUuid, type JobFilter } from '#contracts';
import type { JobFilterInput } from '#database';

/** Errors: `set.not_found` for what is no id of a set. */
export function jobFilterOf(filter: JobFilter): JobFilterInput {
  const { image_set, metadata, created_after, created_before } = filter;
  return {
    states: filter.state,
    outcomes: filter.outcome,
    model: filter.model,
    name: filter.name,
    setId: image_set === undefined ? undefined : requireUuid('set', image_set),
    metadata: metadata && Object.fromEntries(metadata.map(keyAndValue)),
    createdAfter: created_after === undefined ? undefined : new Date(created_after),
    createdBefore: created_before === undefined ? undefined : new Date(created_before),
  };
}

function keyAndValue(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}
