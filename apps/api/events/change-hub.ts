import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import {
  listChanges,
  listModelWorkers,
  readChangePosition,
  type ChangePosition,
  type ModelWorkers,
} from '#database';
import { API_PARTS, type ApiParts } from '../parts.js';
import { tellChanges, type ToldEvent } from './told-event.js';

/** How long a change waits to be seen; a job that changes all the time is told four times a second. */
const LOOK_MS = 250;
/** Workers come and go by time alone, so that is looked at on its own. */
const LOOKS_PER_WORKER_LOOK = 8;
/** Changes of one look; the next follows at once where there are more. */
const MOST_CHANGES = 1_000;

export interface Follower {
  readonly tenantId: string;
  tell(event: ToldEvent): void;
  /** The process stops. */
  end(): void;
}

/**
 * The one place of a process that looks for changes: one query a look, however many clients follow, and
 * none while nobody does.
 */
@Injectable()
export class ChangeHub implements OnModuleDestroy {
  readonly #followers = new Set<Follower>();
  #position: ChangePosition | undefined;
  #models: readonly ModelWorkers[] | undefined;
  #looks = 0;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isClosed = false;

  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  /**
   * Output: all that changes from now on is told to the follower, and what has changed before can be read
   * already. Call what it answers to be told no more.
   */
  async follow(follower: Follower): Promise<() => void> {
    if (this.#isClosed) {
      follower.end();
      return () => undefined;
    }
    this.#followers.add(follower);
    // A look that began without this tenant may step over its changes; and none may begin later than now.
    await this.#looking;
    if (this.#position === undefined) {
      const now = await readChangePosition(this.parts.database);
      this.#position ??= now;
    }
    this.#schedule(0);
    return () => this.#leave(follower);
  }

  onModuleDestroy(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const follower of this.#followers) follower.end();
    this.#followers.clear();
  }

  #leave(follower: Follower): void {
    this.#followers.delete(follower);
    this.#restIfAlone();
  }

  /** What was known is old when somebody comes again. */
  #restIfAlone(): void {
    if (this.#followers.size > 0 || this.#looking !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#position = undefined;
    this.#models = undefined;
  }

  #schedule(ms: number): void {
    if (this.#isClosed || this.#timer !== undefined || this.#followers.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
        this.#restIfAlone();
      });
    }, ms);
  }

  async #look(): Promise<void> {
    let isBehind = false;
    try {
      isBehind = await this.#lookForChanges();
      if (this.#looks++ % LOOKS_PER_WORKER_LOOK === 0 || this.#models === undefined) {
        await this.#lookForWorkers();
      }
    } catch (error) {
      // Followers keep what they have; the next look finds what this one did not.
      this.parts.log.warn({ error }, 'could not look for changes');
    } finally {
      this.#timer = undefined;
      this.#schedule(isBehind ? 0 : LOOK_MS);
    }
  }

  /** Output: whether there are more. */
  async #lookForChanges(): Promise<boolean> {
    if (this.#position === undefined) return false;
    const { database } = this.parts;
    const tenants = [...new Set([...this.#followers].map(({ tenantId }) => tenantId))];
    const page = { after: this.#position, limit: MOST_CHANGES };
    const changes = await listChanges(database, tenants, page);
    const events = changes.length === 0 ? [] : await tellChanges(database, changes);
    for (const event of events) {
      for (const follower of this.#followers) {
        if (follower.tenantId === event.tenantId) follower.tell(event);
      }
    }
    const last = events.at(-1);
    if (last !== undefined) this.#position = last.position;
    return changes.length === MOST_CHANGES;
  }

  async #lookForWorkers(): Promise<void> {
    const models = await listModelWorkers(this.parts.database);
    if (JSON.stringify(models) === JSON.stringify(this.#models)) return;
    this.#models = models;
    for (const follower of this.#followers) this.tellWorkers(follower);
  }

  /** Who serves what, of all that the tenant may use; nothing before the first look. */
  tellWorkers(follower: Follower): void {
    if (this.#models === undefined) return;
    const data = this.#models
      .filter(({ tenantId }) => tenantId === null || tenantId === follower.tenantId)
      .map(({ model, workers }) => ({ object: 'model', id: model, workers }));
    follower.tell({ key: 'models', type: 'models', data: JSON.stringify({ data }) });
  }
}
