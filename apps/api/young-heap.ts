import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 make every object young, whatever it has learned.
 *
 * V8 notes which lines of code make objects that live long, and has these lines make old ones from then on. What serves
 * a request makes objects that live as long as the request: an upload of a thousand pictures teaches V8 that nearly all
 * of it lives long, and afterwards each poll leaves 6 kB in the old heap. That has to be marked as a whole every
 * 1.5 s, and polls of that moment wait 30 to 70 ms (test/bench/README.md, polling).
 *
 * To be called before the first request. A V8 that does not know the flag any more says so on stderr and goes on.
 */
export function keepNewObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
