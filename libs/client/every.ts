interface Page<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}

type List = (input: never) => Promise<Page<unknown>>;
type EntryOf<L extends List> = Awaited<ReturnType<L>>['data'][number];

/**
 * Every entry of a list, page by page as they are read: `for await (const job of every(api.listJobs))`.
 * Errors: those of the method.
 */
export async function* every<L extends List>(
  list: L,
  input?: NonNullable<Parameters<L>[0]>,
): AsyncGenerator<EntryOf<L>, void, undefined> {
  let from: object = input ?? {};
  for (;;) {
    const page = await list(from as never);
    yield* page.data as EntryOf<L>[];
    if (page.next_cursor === null) return;
    from = { ...from, cursor: page.next_cursor };
  }
}
