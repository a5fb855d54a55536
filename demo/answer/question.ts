import type { Random } from '../scene/random.js';
import type { Scene } from '../scene/scene.js';
import { absentKind } from './absent-kind.js';
import { placeOf } from './place.js';

/** A question, and what the picture says to it. */
export interface Question {
  readonly question: string;
  readonly answer: string;
}

/** Every question of each kind that the scene answers without doubt. Those about what is not there are drawn. */
export function questionsOf(scene: Scene, random: Random): Record<string, Question[]> {
  const { objects } = scene;
  const count = (label: string): number =>
    objects.filter(({ kind }) => kind.label === label).length;
  const alone = objects.filter(({ kind }) => count(kind.label) === 1);
  const absent = absentKind(scene, random);
  const present = [...new Map(objects.map(({ kind }) => [kind.label, kind])).values()];
  return {
    colour: alone.flatMap(({ kind: { label, colour } }) =>
      colour ? [{ question: `what colour is the ${label}?`, answer: colour }] : [],
    ),
    place: alone.flatMap(({ kind: { label }, box }) => {
      const answer = placeOf(box);
      return answer ? [{ question: `where is the ${label}?`, answer }] : [];
    }),
    count: [...present, absent].map(({ label, plural }) => ({
      question: `how many ${plural} are there?`,
      answer: String(count(label)),
    })),
    presence: [random.pick([random.pick(present), absent])].map(({ label }) => ({
      question: `is there ${/^[aeiou]/.test(label) ? 'an' : 'a'} ${label}?`,
      answer: count(label) > 0 ? 'yes' : 'no',
    })),
    helmet: alone.flatMap(({ kind: { hasHelmet } }) =>
      hasHelmet === undefined
        ? []
        : [{ question: 'is the worker wearing a helmet?', answer: hasHelmet ? 'yes' : 'no' }],
    ),
  };
}
