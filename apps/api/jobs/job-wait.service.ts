import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { requireUuid, type Job } from '#contracts';
import { etagOf, namesEtag } from '../etag/etag.js';
import { ChangeHub } from '../events/change-hub.js';
import { Slots } from '#intake';
import { JobService } from './job.service.js';

/** Clients being kept waiting by one process; beyond, the answer comes at once. */
const MOST_WAITING = 1_000;

export interface JobWait {
  readonly waitMs: number;
  /** If-None-Match: then any change is waited for, else the end. */
  readonly seen: string | undefined;
}

@Injectable()
export class JobWaitService {
  readonly #waiting = new Slots(MOST_WAITING);

  constructor(
    private readonly jobs: JobService,
    private readonly hub: ChangeHub,
  ) {}

  /** The job once it has ended or changed, or as it is when the time is over. Errors: `job.not_found`. */
  async get(tenantId: string, id: string, wait: JobWait, request: FastifyRequest): Promise<Job> {
    const job = await this.jobs.get(tenantId, id);
    if (isEnough(job, wait) || wait.waitMs === 0) return job;
    const leave = this.#waiting.tryEnter();
    if (leave === undefined) return job;
    const gone = new AbortController();
    const onClose = (): void => gone.abort();
    request.raw.socket.once('close', onClose);
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(wait.waitMs)]);
    try {
      return await this.#look(tenantId, id, wait, signal);
    } finally {
      request.raw.socket.off('close', onClose);
      leave();
    }
  }

  /** Follows first and looks then, so that no change falls between the two. */
  async #look(tenantId: string, id: string, wait: JobWait, signal: AbortSignal): Promise<Job> {
    const key = requireUuid('job', id);
    let isStopping = false;
    let wake = (): void => undefined;
    const follower = {
      tenantId,
      tell: (event: { key: string }) => (event.key === key ? wake() : undefined),
      end: () => {
        isStopping = true;
        wake();
      },
    };
    const unfollow = await this.hub.follow(follower);
    signal.addEventListener('abort', () => wake(), { once: true });
    try {
      for (;;) {
        const changed = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const job = await this.jobs.get(tenantId, id);
        if (isEnough(job, wait) || signal.aborted || isStopping) return job;
        await changed;
      }
    } finally {
      unfollow();
    }
  }
}

/** Nothing follows an end. */
function isEnough(job: Job, { seen }: JobWait): boolean {
  if (job.finished_at !== null) return true;
  return seen !== undefined && !namesEtag(seen, etagOf(JSON.stringify(job)));
}
