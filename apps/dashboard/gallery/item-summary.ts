import type { ItemResult } from '#contracts';

/** An item in a line: its answers, what was found, or the reason of its failure. Input: least confidence of a box. */
export function summaryOf(item: ItemResult | undefined, least = 0): string {
  if (item === undefined) return 'waiting';
  if (item.error !== null) return item.error.code;
  const texts = item.answers
    .filter((answer) => answer.boxes.length === 0)
    .map((answer) => answer.text.trim())
    .filter((text) => text !== '');
  const counts = countLabels([item], least);
  const found = [...counts].map(([label, count]) => (count > 1 ? `${count} ${label}` : label));
  const parts = [...(found.length > 0 ? [found.join(', ')] : []), ...texts];
  return parts.length > 0
    ? parts.join(' · ')
    : item.state === 'succeeded'
      ? 'nothing found'
      : item.state;
}

/** How often each label was found, the most frequent first. */
export function countLabels(
  items: readonly (ItemResult | undefined)[],
  least = 0,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) {
    for (const { boxes } of item?.answers ?? []) {
      for (const { label, confidence } of boxes) {
        if (confidence >= least) counts.set(label, (counts.get(label) ?? 0) + 1);
      }
    }
  }
  return new Map([...counts].toSorted((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])));
}
