import type { Kind } from '../scene/kind.js';
import type { Scene } from '../scene/scene.js';

const NUMBERS = ['no', 'a', 'two', 'three', 'four', 'five'];

/** Everything in the scene, from left to right by the first of each kind: "a red car, two dogs and a key". */
export function describe({ objects }: Scene): string {
  const groups = new Map<string, { kind: Kind; count: number; left: number }>();
  for (const { kind, box } of objects) {
    const name = `${kind.colour ?? ''} ${kind.label}`;
    const known = groups.get(name);
    const left = Math.min(known?.left ?? Infinity, box[1]);
    groups.set(name, { kind, count: (known?.count ?? 0) + 1, left });
  }
  const parts = [...groups.values()]
    .toSorted((a, b) => a.left - b.left)
    .map(({ kind, count }) => counted(kind, count));
  if (parts.length === 1) return parts[0]!;
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

function counted({ label, plural, colour }: Kind, count: number): string {
  const number = count === 1 && /^[aeiou]/.test(colour ?? label) ? 'an' : NUMBERS[count]!;
  return [number, colour, count === 1 ? label : plural].filter(Boolean).join(' ');
}
