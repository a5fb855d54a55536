/** x, y, x, y, ... of the corners of one ring, in pixels of the image; the last corner joins the first. */
export type Ring = readonly number[];

/**
 * Fewer corners: no corner that is dropped lies farther than `tolerance` pixels from the new outline
 * (Douglas and Peucker, 1973). A ring that shrinks to a line or a point is empty.
 */
export function simplifyRing(ring: Ring, tolerance: number): Ring {
  const count = ring.length / 2;
  if (tolerance <= 0 || count <= 3) return ring;
  const middle = farthestFromFirst(ring);
  const isKept = new Uint8Array(count + 1);
  isKept[0] = isKept[middle] = 1;
  // A stack of our own: a staircase of a large mask is too deep for recursion.
  const open: [number, number][] = [
    [0, middle],
    [middle, count],
  ];
  for (let part = open.pop(); part; part = open.pop()) {
    const [from, to] = part;
    const [index, distance] = farthest(ring, from, to);
    if (distance <= tolerance) continue;
    isKept[index] = 1;
    open.push([from, index], [index, to]);
  }
  const kept = ring.filter((_, at) => isKept[at >> 1] === 1);
  return kept.length >= 6 ? kept : [];
}

/** The corner between two corners that lies farthest from the line that joins them. */
function farthest(ring: Ring, from: number, to: number): [index: number, distance: number] {
  let [index, most] = [from, -1];
  for (let at = from + 1; at < to; at++) {
    const distance = distanceToSegment(ring, at, from, to);
    if (distance > most) [index, most] = [at, distance];
  }
  return [index, most];
}

function farthestFromFirst(ring: Ring): number {
  let [index, most] = [0, -1];
  for (let at = 1; at < ring.length / 2; at++) {
    const distance = Math.hypot(ring[at * 2]! - ring[0]!, ring[at * 2 + 1]! - ring[1]!);
    if (distance > most) [index, most] = [at, distance];
  }
  return index;
}

function distanceToSegment(ring: Ring, at: number, from: number, to: number): number {
  const corner = (index: number): [number, number] => {
    const start = (index * 2) % ring.length;
    return [ring[start]!, ring[start + 1]!];
  };
  const [[x, y], [x1, y1], [x2, y2]] = [corner(at), corner(from), corner(to)];
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((x - x1) * dx + (y - y1) * dy) / length;
  const part = Math.min(1, Math.max(0, along));
  return Math.hypot(x - x1 - part * dx, y - y1 - part * dy);
}
