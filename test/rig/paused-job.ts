import type { Job } from '#contracts';
import type { TestClient } from './client.js';
import { kill } from './process.js';
import type { System } from './system.js';

/**
 * Makes a job and pauses it before anybody has begun it. Workers stand still meanwhile: what one has taken it goes on with
 * until its next heartbeat, and a small job is over by then. Input: what makes the job. Output: the job, paused.
 */
export async function pausedJob(
  system: System,
  client: TestClient,
  make: () => Promise<Job>,
): Promise<Job> {
  const workers = [...system.workers];
  for (const { pid } of workers) kill(pid, 'SIGSTOP');
  try {
    const { id } = await make();
    return await client.request<Job>('POST', `/v1/jobs/${id}/pause`);
  } finally {
    for (const { pid } of workers) kill(pid, 'SIGCONT');
  }
}
