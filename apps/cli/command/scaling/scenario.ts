import { burst, bursts, officeDays, type Arrival, type WorldSettings } from '#scaling';

/** A load to try settings on, and what is odd about the world it meets. */
export interface Scenario {
  readonly says: string;
  readonly images: number;
  load(images: number): Arrival[];
  readonly world?: Partial<WorldSettings>;
}

const BURSTS = 10;
const BURST_PAUSE_S = 900;
const DAYS = 3;

export const SCENARIOS = {
  burst: { says: 'all images at once', images: 1_000_000, load: burst },
  'ten-million': { says: 'ten million at once', images: 10_000_000, load: burst },
  bursts: {
    says: `${BURSTS} bursts, one every ${BURST_PAUSE_S / 60} minutes`,
    images: 200_000,
    load: (images) => bursts(Math.ceil(images / BURSTS), BURSTS, BURST_PAUSE_S),
  },
  nights: {
    says: `${DAYS} days with office hours and nights`,
    images: 3_000_000,
    load: (images) => officeDays(images / DAYS, DAYS),
  },
  'slow-nodes': {
    says: 'all at once; every third node runs at half the speed',
    images: 1_000_000,
    load: burst,
    world: { slowPart: 1 / 3, slowSpeed: 0.5 },
  },
  'spot-loss': {
    says: 'all at once; each worker is lost twice an hour, without notice',
    images: 1_000_000,
    load: burst,
    world: { lossesPerHour: 2 },
  },
  outage: {
    says: 'all at once; the signal cannot be read from minute 10 to 40',
    images: 1_000_000,
    load: burst,
    world: { outage: { from: 600, to: 2_400 } },
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
