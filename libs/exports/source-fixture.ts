import type { Answer, Box, ItemResult, Job, Task } from '#contracts';
import { encodeRuns, maskOfBitmap } from '#paligemma/pictures';
import type { ExportSource } from './export-format.js';

const HEX = '019a0000000070008000000000000001';
const NOW = '2026-11-23T10:00:00.000Z';
const TASKS: Task[] = [
  { type: 'caption', language: 'en' },
  { type: 'detect', labels: ['cat', 'dog'] },
  { type: 'segment', label: 'cat' },
];

export const aJob = (part: Partial<Job> = {}): Job => ({
  object: 'job',
  id: `job_${HEX}`,
  name: 'pets',
  image_set: `set_${HEX}`,
  model: 'tiny',
  tasks: TASKS,
  priority: 0,
  state: 'completed',
  outcome: 'succeeded',
  item_counts: { total: 2, succeeded: 2, failed: 0, cancelled: 0 },
  error_counts: {},
  max_failure_rate: null,
  failure_rate_min_items: 100,
  deadline_at: null,
  stop_reason: null,
  restarted_from: null,
  progress: 1,
  cache: true,
  metadata: {},
  created_at: NOW,
  started_at: NOW,
  finished_at: NOW,
  ...part,
});

export const anAnswer = (task: number, part: Partial<Answer> = {}): Answer => ({
  task,
  prompt: `${TASKS[task]!.type}\n`,
  raw: 'raw',
  text: '',
  boxes: [],
  confidence: 0.75,
  tokens: 3,
  end_reason: 'eos',
  warnings: [],
  ...part,
});

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** `pixels`: x1, y1, x2, y2. */
export function aBox(label: string, size: Size, pixels: Box['pixels'], mask?: Uint8Array): Box {
  const [x1, y1, x2, y2] = pixels;
  const { width, height } = size;
  const box: Box['box'] = [x1 / width, y1 / height, x2 / width, y2 / height];
  const plain = { label, box, pixels, confidence: 0.5 };
  if (mask === undefined) return plain;
  const place = { x: x1, y: y1, boxWidth: x2 - x1, boxHeight: y2 - y1 };
  const { counts } = encodeRuns(maskOfBitmap({ ...size, ...place }, mask));
  const area = mask.reduce((sum, pixel) => sum + pixel, 0);
  return { ...plain, mask: { rle: { size: [height, width], counts }, area, confidence: 0.9 } };
}

export const anItem = (n: number, part: Partial<ItemResult> = {}): ItemResult => ({
  object: 'item',
  id: `item_${HEX}_${n}`,
  n,
  state: 'succeeded',
  answers: [],
  image: {
    name: `photo-${n}.jpg`,
    sha256: '00'.repeat(32),
    width: 40,
    height: 30,
    custom_id: null,
    metadata: {},
  },
  error: null,
  attempts: 1,
  timings: null,
  worker: null,
  leased_at: null,
  finished_at: NOW,
  ...part,
});

export const named = (n: number, name: string, part: Partial<ItemResult> = {}): ItemResult =>
  anItem(n, { ...part, image: { ...anItem(n).image, name } });

/** A picture with two boxes and a text, one with an L-shaped mask, one that failed. */
export function someItems(): ItemResult[] {
  const size = { width: 40, height: 30 };
  const cat = aBox('cat', size, [4, 5, 14, 25]);
  const dog = aBox('dog "big" <& é', size, [20.5, 10, 39.5, 29.25]);
  const shape = Uint8Array.from({ length: 48 }, (_, at) => (at % 6 < 2 || at >= 36 ? 1 : 0));
  return [
    anItem(0, {
      answers: [anAnswer(0, { text: 'a cat, and a dog' }), anAnswer(1, { boxes: [cat, dog] })],
    }),
    anItem(2, { answers: [anAnswer(2, { boxes: [aBox('cat', size, [3, 4, 9, 12], shape)] })] }),
    anItem(3, {
      state: 'failed',
      image: { ...anItem(3).image, width: null, height: null },
      error: { code: 'image.undecodable', detail: 'The bytes end too early.' },
    }),
    anItem(4, {
      answers: [anAnswer(1)],
      image: { ...anItem(4).image, custom_id: 'sku-4', metadata: { shelf: '7', row: 'é' } },
    }),
  ];
}

export function sourceOf(
  items: Iterable<ItemResult>,
  part: Partial<ExportSource> = {},
): ExportSource {
  return {
    job: aJob(),
    async *results() {
      yield* items;
    },
    picture: async () => undefined,
    ...part,
  };
}
