import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of files between two collections: 4 and 16 MB were no better (test/bench/README.md, ingest). */
const EVERY_BYTES = 8 * 1_048_576;

type Collect = (options: { readonly type: 'minor' }) => void;

/**
 * Has the young objects of the process collected after every few megabytes that it has read.
 *
 * Each piece that a socket gives is a buffer outside V8's heap with a tiny object for it inside. V8 collects young
 * objects when these fill their room, which so few of them do not; instead it sees the buffers pile up and marks the
 * whole heap, every 64 MB anew, the larger the process the dearer. A young collection takes 1 to 2 ms and frees the same.
 * A smaller nursery by a flag would do it too, but for all other work of the process as well.
 */
export class YoungCollection {
  #bytes = 0;

  constructor(private readonly collect: Collect = garbageCollector()) {}

  /** Says that so many bytes have been read, in a buffer that is not needed any more or soon will not be. */
  read(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < EVERY_BYTES) return;
    this.#bytes = 0;
    this.collect({ type: 'minor' });
  }
}

/** What `--expose-gc` gives a program, without that flag on its command line: a context made after it has it. */
function garbageCollector(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collect;
}

/** One for the process, as its heap is. */
export const youngCollection = new YoungCollection();
