import { KINDS, type Kind } from '../scene/kind.js';
import type { Random } from '../scene/random.js';
import type { Scene } from '../scene/scene.js';

/** One whose label nothing in the scene has. */
export function absentKind({ objects }: Scene, random: Random): Kind {
  const present = new Set(objects.map(({ kind }) => kind.label));
  return random.pick(KINDS.filter(({ label }) => !present.has(label)));
}
