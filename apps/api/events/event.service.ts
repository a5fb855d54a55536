import { Inject, Injectable } from '@nestjs/common';
import { AppError, notFound, requireUuid } from '#contracts';
import {
  comparePositions,
  findChange,
  findJob,
  listChanges,
  readChangePosition,
  type ChangePosition,
} from '#database';
import { viewJob } from '#results';
import { API_PARTS, type ApiParts } from '../parts.js';
import { ChangeHub } from './change-hub.js';
import { parseEventId } from './event-id.js';
import { EventStream } from './event-stream.js';
import { Following } from './following.js';
import { tellChanges } from './told-event.js';

const MOST_STREAMS = 2_000;
const MOST_STREAMS_OF_TENANT = 100;
/** Then a client comes again, with a key that may have been revoked meanwhile. */
const STREAM_MS = 30 * 60_000;
const CATCH_UP_PAGE = 500;

@Injectable()
export class EventService {
  readonly #open = new Map<EventStream, string>();

  constructor(
    @Inject(API_PARTS) private readonly parts: ApiParts,
    private readonly hub: ChangeHub,
  ) {}

  /**
   * All that changes of the tenant: after `lastEventId` if given, else from now on.
   * Errors: `events.invalid_id`, `events.too_many`.
   */
  async openAll(tenantId: string, lastEventId: string | undefined): Promise<EventStream> {
    const asked = parseEventId(lastEventId);
    const now = await readChangePosition(this.parts.database);
    // An id from ahead of us is one of another database: what was missed cannot be told.
    const isKnown = asked !== undefined && comparePositions(asked, now) <= 0;
    const stream = this.#start(tenantId);
    const following = new Following(tenantId, stream, isKnown ? asked : now);
    const type = asked === undefined || isKnown ? 'ready' : 'reset';
    stream.tell({ key: type, type, data: '{}', position: following.position });
    await this.#attach(following);
    void this.#catchUp(following);
    return stream;
  }

  /**
   * One job: as it is now, and each time that it has changed, until it has ended. Undefined when the client
   * has seen the end already. Errors: `job.not_found`, `events.invalid_id`, `events.too_many`.
   */
  async openJob(
    tenantId: string,
    id: string,
    lastEventId: string | undefined,
  ): Promise<EventStream | undefined> {
    const jobId = requireUuid('job', id);
    const asked = parseEventId(lastEventId);
    const { database } = this.parts;
    if ((await findJob(database, tenantId, jobId)) === undefined) throw notFound('job', id);
    const stream = this.#start(tenantId);
    const following = new Following(tenantId, stream, BEFORE_ALL, jobId);
    await this.#attach(following);
    const position = await readChangePosition(database);
    const job = await findJob(database, tenantId, jobId);
    if (job === undefined) throw notFound('job', id);
    const isLast = job.finishedAt !== null;
    if (isLast && asked !== undefined && (await this.#hasSeen(jobId, asked))) {
      stream.destroy();
      return undefined;
    }
    const data = JSON.stringify(viewJob(job));
    following.pass({ key: jobId, type: 'job', data, position, isLast });
    following.goLive();
    return stream;
  }

  async #hasSeen(subjectId: string, asked: ChangePosition): Promise<boolean> {
    const last = await findChange(this.parts.database, subjectId);
    return last === undefined || comparePositions(last, asked) <= 0;
  }

  #start(tenantId: string): EventStream {
    const own = [...this.#open.values()].filter((tenant) => tenant === tenantId).length;
    if (this.#open.size >= MOST_STREAMS || own >= MOST_STREAMS_OF_TENANT) {
      throw new AppError(
        'events.too_many',
        `Too many event streams are open; one of \`/v1/events\` tells of every job. A key may have ${MOST_STREAMS_OF_TENANT}.`,
        { retryable: true },
      );
    }
    const stream = new EventStream();
    this.#open.set(stream, tenantId);
    const timer = setTimeout(() => stream.end(), STREAM_MS);
    timer.unref();
    stream.once('close', () => {
      clearTimeout(timer);
      this.#open.delete(stream);
    });
    // Nobody is there to be told; the client comes again.
    stream.on('error', () => undefined);
    return stream;
  }

  async #attach(following: Following): Promise<void> {
    try {
      const leave = await this.hub.follow(following);
      if (following.stream.destroyed) leave();
      else following.stream.once('close', leave);
      this.hub.tellWorkers(following);
    } catch (error) {
      following.stream.destroy();
      throw error;
    }
  }

  /** Page by page as the client takes them, so that a long absence fills no memory. */
  async #catchUp(following: Following): Promise<void> {
    const { tenantId, stream } = following;
    const { database } = this.parts;
    try {
      for (let isMore = true; isMore && !stream.destroyed;) {
        const page = { after: following.position, limit: CATCH_UP_PAGE };
        const changes = await listChanges(database, [tenantId], page);
        for (const event of await tellChanges(database, changes)) following.pass(event);
        isMore = changes.length === CATCH_UP_PAGE;
        await stream.emptied();
      }
      following.goLive();
    } catch (error) {
      this.parts.log.warn({ error }, 'could not tell what a client has missed');
      stream.destroy();
    }
  }
}

const BEFORE_ALL: ChangePosition = { xid: '0', n: '0' };
