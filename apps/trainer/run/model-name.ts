const LONGEST_BASE = 60;

/**
 * What a job's model is called: its base, what its owner chose, and the end of the job's id, which is random,
 * so that names of different tenants never meet. A name of a folder and of a model at once.
 */
export function modelNameOf(base: string, suffix: string | null, jobId: string): string {
  const plain = base.replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, LONGEST_BASE);
  return ['ft', plain, ...(suffix === null ? [] : [suffix]), jobId.slice(-8)].join('-');
}
