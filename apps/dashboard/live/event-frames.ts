export interface LiveEvent {
  readonly type: string;
  /** Where to go on from; undefined of what cannot be gone on from. */
  readonly id: string | undefined;
  readonly data: string;
}

/** Server-sent events out of text that comes in pieces of any length. Comments, as heartbeats are, give none. */
export class EventFrames {
  #rest = '';

  /** Input: what came next. Output: each event that is whole now. */
  push(text: string): readonly LiveEvent[] {
    const frames = (this.#rest + text).split('\n\n');
    this.#rest = frames.pop() ?? '';
    return frames.map(eventOf).filter((event) => event !== undefined);
  }
}

/** Our own server writes a line feed after each line, and one space after each colon. */
function eventOf(frame: string): LiveEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of frame.split('\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
  }
  const data = fields.get('data');
  if (data === undefined) return undefined;
  return { type: fields.get('event') ?? 'message', id: fields.get('id'), data };
}
