import { countItems, halveItems, withoutItems, type ItemRanges } from './item-ranges.js';

/** Crashes of a shard with nobody to tell which item it was, until it is halved. */
const LOSSES_TO_HALVE = 2;
/** Crashes with one item alone in its host until it is given up. Two may be bad luck: nodes die. */
export const LOSSES_TO_QUARANTINE = 3;

/** A shard whose lease ended by a crash. */
export interface LostShard {
  /** Items without a terminal row. */
  readonly pending: ItemRanges;
  readonly losses: number;
  readonly isolated: boolean;
  /**
   * Items inside the engine when its host died, if the supervisor lived to tell; undefined when the
   * lease just expired, and then any pending item may be to blame.
   */
  readonly suspects?: readonly number[];
}

export interface ShardRemainder {
  readonly items: ItemRanges;
  readonly losses: number;
  readonly isolated: boolean;
}

export interface LossPlan {
  /** Shards that take the place of the lost one; none when nothing is left to do. */
  readonly shards: readonly ShardRemainder[];
  /** The item that is given up: it has crashed its host often enough, alone. */
  readonly quarantined: number | undefined;
}

/**
 * What becomes of a lost shard. One bad image costs itself:
 *
 * - Suspects known: they go apart, isolated (alone in their host, one at a time), the innocent go on as
 *   they were. In isolation the next crash has exactly one suspect.
 * - Suspects unknown: the first loss just runs again (most lost leases are lost machines); from the
 *   second on the shard is halved and isolated, so the guilty item is found in log2(n) steps.
 * - A single isolated suspect is given up at its third crash.
 */
export function planAfterLoss(lost: LostShard): LossPlan {
  const suspects = (lost.suspects ?? []).filter((n) => contains(lost.pending, n));
  if (countItems(lost.pending) === 0) return { shards: [], quarantined: undefined };
  if (suspects.length === 0) return lost.suspects === undefined ? unknown(lost) : again(lost);
  const innocent = withoutItems(lost.pending, suspects);
  const guilty = withoutItems(lost.pending, withoutSet(lost.pending, suspects));
  const rest: ShardRemainder[] =
    countItems(innocent) === 0 ? [] : [{ items: innocent, losses: 0, isolated: lost.isolated }];
  const losses = countItems(lost.pending) === 1 ? lost.losses + 1 : 1;
  if (suspects.length === 1 && lost.isolated && losses >= LOSSES_TO_QUARANTINE) {
    return { shards: rest, quarantined: suspects[0] };
  }
  return { shards: [{ items: guilty, losses, isolated: true }, ...rest], quarantined: undefined };
}

/** The host died while it held nothing of this shard: the shard is no worse for it. */
function again(lost: LostShard): LossPlan {
  return {
    shards: [{ items: lost.pending, losses: lost.losses, isolated: lost.isolated }],
    quarantined: undefined,
  };
}

function unknown(lost: LostShard): LossPlan {
  const losses = lost.losses + 1;
  const isSingle = countItems(lost.pending) === 1;
  // Only what ran alone is proven guilty.
  if (isSingle && lost.isolated && losses >= LOSSES_TO_QUARANTINE) {
    return { shards: [], quarantined: lost.pending[0]?.[0] };
  }
  if (losses < LOSSES_TO_HALVE || (isSingle && lost.isolated)) {
    return {
      shards: [{ items: lost.pending, losses, isolated: lost.isolated }],
      quarantined: undefined,
    };
  }
  const parts = isSingle ? [lost.pending] : halveItems(lost.pending);
  return {
    shards: parts.map((items) => ({ items, losses: 0, isolated: true })),
    quarantined: undefined,
  };
}

function contains(ranges: ItemRanges, n: number): boolean {
  return ranges.some(([from, to]) => n >= from && n < to);
}

function* withoutSet(ranges: ItemRanges, kept: readonly number[]): Generator<number> {
  const keep = new Set(kept);
  for (const [from, to] of ranges) {
    for (let n = from; n < to; n += 1) if (!keep.has(n)) yield n;
  }
}
