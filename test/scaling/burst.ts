import type { Job } from '#contracts';
import { checkJob } from '../rig/checker.js';
import type { TestClient, TestFile } from '../rig/client.js';
import type { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

/** Few, so that a small burst is still work for several workers: a shard is no larger than its job. */
export const JOB_IMAGES = 10;
/** Jobs that are sent at once. */
const AT_ONCE = 4;

/** Jobs whose pictures are there already, so that all of them can arrive at once. */
export class Burst {
  readonly #prepared: { readonly setId: string; readonly files: TestFile[] }[] = [];
  #arrivedAt = 0;
  readonly #jobs: { readonly job: Job; readonly files: TestFile[] }[] = [];

  private constructor(
    private readonly system: System,
    private readonly client: TestClient,
  ) {}

  static async prepare(
    system: System,
    client: TestClient,
    images: { readonly from: number; readonly count: number },
  ): Promise<Burst> {
    const burst = new Burst(system, client);
    for (let n = 0; n < images.count; n += JOB_IMAGES) {
      const files = Array.from({ length: Math.min(JOB_IMAGES, images.count - n) }, (_, i) =>
        tinyImage(images.from + n + i),
      );
      const set = await client.createSet(`burst ${images.from + n}`);
      await client.upload(set.id, files);
      burst.#prepared.push({ setId: set.id, files });
    }
    return burst;
  }

  async arrive(): Promise<void> {
    this.#arrivedAt = Date.now();
    const rest = [...this.#prepared];
    const send = async (): Promise<void> => {
      for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
        const job = await this.client.createJob(next.setId, [{ type: 'ocr' }]);
        this.#jobs.push({ files: next.files, job });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, send));
  }

  /** From its arrival until its last image had ended, in milliseconds; it must have ended. */
  async tookMs(): Promise<number> {
    const jobs = await Promise.all(this.#jobs.map(({ job }) => this.client.job(job.id)));
    return Math.max(...jobs.map((job) => Date.parse(job.finished_at!))) - this.#arrivedAt;
  }

  /** Breaches of what must be true of each job now, in words: all of its images have ended, once, and well. */
  async check(): Promise<string[]> {
    const faults: string[] = [];
    for (const { job, files } of this.#jobs) {
      const report = await checkJob(this.client, this.system.databaseUrl, job.id, files);
      faults.push(...report.faults);
      const { succeeded, total } = report.job.item_counts;
      if (succeeded !== total) faults.push(`${succeeded} of ${total} images succeeded`);
    }
    return faults;
  }
}
