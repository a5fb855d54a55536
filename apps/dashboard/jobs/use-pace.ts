import { useRef } from 'react';
import type { Job } from '#contracts';
import { useNow } from '../parts/clock';
import { addLook, endedOf, paceOf, type Look, type Pace } from './pace';

/** Every look of this page at a job, across its views, so that a pace is there as soon as a page opens. */
const seen = new Map<string, readonly Look[]>();

export function usePace(job: Job, seenAt: number): Pace | undefined {
  const last = useRef(0);
  // Nothing told for a while is a look too: nothing has ended since.
  const at = Math.max(seenAt, useNow());
  if (at !== last.current) {
    last.current = at;
    seen.set(job.id, addLook(seen.get(job.id) ?? [], { at, ended: endedOf(job) }));
  }
  return paceOf(job, seen.get(job.id) ?? [], at);
}
