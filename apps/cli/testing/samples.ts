import type { Answer, ImageSet, ItemResult, Job, Problem } from '#contracts';

const HEX = '019a0000000070008000000000000001';
export const SET_ID = `set_${HEX}`;
export const JOB_ID = `job_${HEX}`;
const NOW = '2026-11-23T10:00:00.000Z';

export const anImageSet = (part: Partial<ImageSet> = {}): ImageSet => ({
  object: 'image_set',
  id: SET_ID,
  name: null,
  state: 'open',
  image_counts: { accepted: 1, refused: 0 },
  bytes: 10,
  metadata: {},
  created_at: NOW,
  sealed_at: null,
  ...part,
});

export const aJob = (part: Partial<Job> = {}): Job => ({
  object: 'job',
  id: JOB_ID,
  name: null,
  image_set: SET_ID,
  model: 'tiny',
  tasks: [{ type: 'caption', language: 'en' }],
  priority: 0,
  state: 'running',
  outcome: null,
  item_counts: { total: 1, succeeded: 0, failed: 0, cancelled: 0 },
  error_counts: {},
  max_failure_rate: null,
  failure_rate_min_items: 100,
  deadline_at: null,
  stop_reason: null,
  restarted_from: null,
  progress: 0,
  cache: true,
  metadata: {},
  created_at: NOW,
  started_at: NOW,
  finished_at: null,
  ...part,
});

/** What a job becomes at its end. */
export const ended = (outcome: NonNullable<Job['outcome']>, failed = 0): Partial<Job> => ({
  state: outcome === 'cancelled' ? 'cancelled' : 'completed',
  outcome,
  progress: 1,
  item_counts: { total: 2, succeeded: 2 - failed, failed, cancelled: 0 },
  finished_at: NOW,
});

export const anAnswer = (part: Partial<Answer> = {}): Answer => ({
  task: 0,
  prompt: 'caption en\n',
  raw: 'a cat',
  text: 'a cat',
  boxes: [],
  confidence: 0.9,
  tokens: 3,
  end_reason: 'eos',
  warnings: [],
  ...part,
});

export const anItem = (n: number, part: Partial<ItemResult> = {}): ItemResult => ({
  object: 'item',
  id: `item_${HEX}_${n}`,
  n,
  state: 'succeeded',
  answers: [anAnswer()],
  image: {
    name: `photo-${n}.jpg`,
    sha256: '00'.repeat(32),
    width: 640,
    height: 480,
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

export const aFailedItem = (n: number): ItemResult =>
  anItem(n, {
    state: 'failed',
    answers: [],
    error: { code: 'image.undecodable', detail: 'The bytes end too early.' },
  });

export const aProblem = (part: Partial<Problem> & { status: number }): Problem => ({
  type: 'about:blank',
  title: 'Problem',
  detail: 'It did not work.',
  code: 'x.y',
  request_id: 'req_1',
  ...part,
});
