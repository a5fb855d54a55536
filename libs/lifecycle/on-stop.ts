/**
 * Runs `stop` once, when this process is told to end (SIGTERM, SIGINT) or its parent goes; then the process ends, with
 * `stop` done or after `deadlineMs`: a queue or a store that is away may never close, so the deadline is ours. Output: does the same when it is called.
 */
export function onStop(deadlineMs: number, stop: () => Promise<void>): () => void {
  let stopping = false;
  const begin = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(0), deadlineMs).unref();
    await stop();
    process.exit(0);
  };
  process.on('SIGTERM', () => void begin());
  process.on('SIGINT', () => void begin());
  process.on('disconnect', () => void begin());
  return () => void begin();
}
