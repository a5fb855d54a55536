export interface ServerEvent {
  readonly type: string;
  /** To be sent back as `Last-Event-ID`; undefined for what cannot be gone on from. */
  readonly id: string | undefined;
  readonly data: unknown;
}

/** Input: the answer to `followEvents` or `followJob`. Output: its events until either side closes. */
export async function* readEvents(
  response: Response,
): AsyncGenerator<ServerEvent, void, undefined> {
  if (response.body === null) return;
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const fields = fieldsOf(frame);
      const data = fields.get('data');
      if (data === undefined) continue;
      yield {
        type: fields.get('event') ?? 'message',
        id: fields.get('id'),
        data: JSON.parse(data),
      };
    }
  }
}

/** A line that begins with a colon is a comment, whose field has no name. */
const fieldsOf = (frame: string): Map<string, string> =>
  new Map(
    frame.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
    }),
  );
