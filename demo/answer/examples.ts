import { taskPrompt, type MaskEncoder } from '#paligemma';
import { Random } from '../scene/random.js';
import type { Scene } from '../scene/scene.js';
import { absentKind } from './absent-kind.js';
import { describe } from './caption.js';
import { locate, named } from './detect.js';
import type { Example } from './example.js';
import { questionsOf } from './question.js';
import { read } from './read.js';
import { outline } from './segment.js';

/** Most labels of one `detect`. */
const MOST_LABELS = 3;
/** Of those: lists that also name what is not there, as people's lists over many pictures do. */
const IN_VAIN = 0.3;
/** Most outlines of one answer: each takes 21 tokens. */
const MOST_OUTLINES = 2;
/** Shares of the others. */
const SHARES = { caption: 0.2, detect: 0.25, segment: 0.2 };
/** Of the examples about a scene with something to read. */
const READ = 0.25;

/**
 * `count` different questions about a scene, drawn by its seed from all that it answers without doubt. Those to segment
 * are left out without an encoder.
 */
export function answersTo(
  scene: Scene,
  count: number,
  encoder?: Pick<MaskEncoder, 'encode'>,
): Example[] {
  const random = new Random(scene.seed ^ 0x2545_f491);
  const examples = new Map<string, string>();
  const isBare = scene.objects.length === 0;
  // One prompt alone reads, so it is drawn once for all: among four it always is.
  const reading = read(scene);
  if (reading && (isBare || random.isLucky(READ * count))) {
    examples.set(reading.prefix, reading.suffix);
  }
  if (isBare) return pairs(examples);
  // A scene may have fewer than are asked for.
  for (let attempt = 0; attempt < 4 * count && examples.size < count; attempt++) {
    const example = draw(scene, random, encoder);
    if (example) examples.set(example.prefix, example.suffix);
  }
  return pairs(examples);
}

function pairs(examples: ReadonlyMap<string, string>): Example[] {
  return [...examples].map(([prefix, suffix]) => ({ prefix, suffix }));
}

function draw(
  scene: Scene,
  random: Random,
  encoder: Pick<MaskEncoder, 'encode'> | undefined,
): Example | undefined {
  const share = random.next();
  if (share < SHARES.caption) return captioned(scene);
  if (share < SHARES.caption + SHARES.detect) return located(scene, random);
  const isOutline = share < SHARES.caption + SHARES.detect + SHARES.segment;
  if (isOutline) return encoder && outlined(scene, random, encoder);
  return asked(scene, random);
}

function captioned(scene: Scene): Example {
  return { prefix: taskPrompt({ type: 'caption', language: 'en' }), suffix: describe(scene) };
}

function located(scene: Scene, random: Random): Example {
  const present = random.shuffled([...new Set(scene.objects.map(({ kind }) => kind.label))]);
  const some = present.slice(0, random.whole(1, Math.min(MOST_LABELS, present.length)));
  const isInVain = some.length < MOST_LABELS && random.isLucky(IN_VAIN);
  const labels = isInVain ? random.shuffled([...some, absentKind(scene, random).label]) : some;
  return { prefix: taskPrompt({ type: 'detect', labels }), suffix: locate(scene, labels) };
}

function outlined(
  scene: Scene,
  random: Random,
  encoder: Pick<MaskEncoder, 'encode'>,
): Example | undefined {
  const { label } = random.pick(scene.objects).kind;
  if (named(scene.objects, label).length > MOST_OUTLINES) return undefined;
  return { prefix: taskPrompt({ type: 'segment', label }), suffix: outline(scene, label, encoder) };
}

/** Of each kind of question as often: what is rarely possible is asked when it is. */
function asked(scene: Scene, random: Random): Example {
  const kinds = Object.values(questionsOf(scene, random)).filter((all) => all.length > 0);
  const { question, answer } = random.pick(random.pick(kinds));
  return { prefix: taskPrompt({ type: 'answer', language: 'en', question }), suffix: answer };
}
