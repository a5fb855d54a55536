import { AppError } from '#contracts';

export interface ExportDownload {
  /** What the server calls the file: a name without folders. */
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array>;
}

/** What may be created in the current folder because a server says so. */
const PLAIN_NAME = /filename="([A-Za-z0-9_][A-Za-z0-9._-]{0,120})"/;

export function openDownload(
  response: Response,
  fallback: string,
  signal: AbortSignal | undefined,
): ExportDownload {
  const header = response.headers.get('content-disposition') ?? '';
  const name = PLAIN_NAME.exec(header)?.[1] ?? fallback;
  return { name, content: read(response, signal) };
}

async function* read(
  response: Response,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  try {
    yield* response.body as unknown as AsyncIterable<Uint8Array>;
  } catch (cause) {
    signal?.throwIfAborted();
    throw new AppError(
      'cli.download_broken',
      'The download broke off, so there is no file. Ask again; the log of the server may say why.',
      { cause },
    );
  }
}
