import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  show(done: number, total: number, note?: string): void;
  /** Leaves the last state on the screen. */
  stop(): void;
}

export interface ProgressStream extends NodeJS.WritableStream {
  isTTY?: boolean;
}

export interface ProgressOptions {
  label: string;
  stream: ProgressStream;
  /** Milliseconds; a clock of the test's own in specs. */
  now?: () => number;
}

const LINE_EVERY_MS = 10_000;

/** A bar on a terminal; elsewhere one plain line at most every ten seconds and one at the end. */
export function openProgress(options: ProgressOptions): Progress {
  return options.stream.isTTY ? openBar(options) : openLines(options);
}

function openBar({ label, stream }: ProgressOptions): Progress {
  const bar = new SingleBar(
    {
      stream,
      format: `${label} {bar} {value}/{total} | {eta_formatted} left{note}`,
      hideCursor: true,
      barsize: 30,
      // Our own SIGINT handler decides what happens; the bar must not end the process.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  bar.start(1, 0, { note: '' });
  return {
    show: (done, total, note) => {
      bar.setTotal(Math.max(total, 1));
      bar.update(done, { note: note === undefined ? '' : ` | ${note}` });
    },
    stop: () => bar.stop(),
  };
}

function openLines({ label, stream, now = Date.now }: ProgressOptions): Progress {
  let writtenAt = now();
  let pending: string | undefined;
  const write = (): void => {
    if (pending !== undefined) stream.write(pending);
    pending = undefined;
    writtenAt = now();
  };
  return {
    show: (done, total, note) => {
      pending = `${label} ${done}/${total}${note === undefined ? '' : ` | ${note}`}\n`;
      if (now() - writtenAt >= LINE_EVERY_MS) write();
    },
    stop: write,
  };
}
