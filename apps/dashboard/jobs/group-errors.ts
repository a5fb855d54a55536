import type { ItemResult } from '#contracts';

export interface ErrorGroup {
  readonly code: string;
  readonly detail: string;
  readonly items: readonly ItemResult[];
}

/** One row per cause: what failed with the same code and the same words belongs together; the largest first. */
export function groupErrors(items: readonly ItemResult[]): readonly ErrorGroup[] {
  const groups = new Map<string, ItemResult[]>();
  for (const item of items) {
    const cause = JSON.stringify([item.error?.code ?? 'unknown', item.error?.detail ?? '']);
    const known = groups.get(cause);
    if (known === undefined) groups.set(cause, [item]);
    else known.push(item);
  }
  return [...groups]
    .map(([cause, members]): ErrorGroup => {
      const [code, detail] = JSON.parse(cause) as [string, string];
      return { code, detail, items: members };
    })
    .toSorted((a, b) => b.items.length - a.items.length);
}
