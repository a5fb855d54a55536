/** `--horizontal-pod-autoscaler-tolerance` of the controller manager, as it comes. */
export const HPA_TOLERANCE = 0.1;

/**
 * An external metric with an `AverageValue` target, which is what KEDA makes of a trigger: the whole over what each
 * replica shall have, unless the replicas there are come near enough.
 */
export function replicasForAverageValue(
  value: number,
  target: number,
  current: number,
  tolerance = HPA_TOLERANCE,
): number {
  if (isWithin(value / (target * current), tolerance)) return current;
  return Math.ceil(value / target);
}

/** A pod as the HPA sees it, in thousandths as it counts; without `value` nothing was measured of it. */
export interface MeasuredPod {
  readonly value?: number;
  readonly isReady: boolean;
}

/**
 * A metric of each pod: `ceil(pods x average / target)`.
 *
 * Pods of which nothing is known are taken for what would change least: on the way down for pods at the target, on
 * the way up for idle ones, as are pods that are not ready. If that turns the direction, nothing is done.
 * Answers undefined when there is no measure at all.
 */
export function replicasForPodMetric(
  pods: readonly MeasuredPod[],
  target: number,
  tolerance = HPA_TOLERANCE,
): number | undefined {
  const current = pods.length;
  const ready = pods.filter((pod) => pod.isReady && pod.value !== undefined);
  if (ready.length === 0) return undefined;
  const missing = pods.filter((pod) => pod.isReady && pod.value === undefined).length;
  const unready = pods.filter((pod) => !pod.isReady).length;
  const sum = ready.reduce((total, pod) => total + pod.value!, 0);
  const ratio = sum / ready.length / target;
  const isUp = ratio > 1;
  if (missing === 0 && !(isUp && unready > 0)) {
    return isWithin(ratio, tolerance) ? current : Math.ceil(ratio * ready.length);
  }
  const counted = ready.length + missing + (isUp ? unready : 0);
  const cautious = (sum + (isUp ? 0 : missing * target)) / counted / target;
  const isTurned = isUp ? cautious < 1 : cautious > 1;
  if (isWithin(cautious, tolerance) || isTurned) return current;
  const replicas = Math.ceil(cautious * counted);
  const isOpposite = isUp ? replicas < current : replicas > current;
  return isOpposite ? current : replicas;
}

/**
 * Several metrics: the largest proposal wins. One that cannot be read forbids to shrink; when none can be read, the
 * answer is undefined and nothing changes.
 */
export function combineProposals(
  proposals: readonly (number | undefined)[],
  current: number,
): number | undefined {
  const known = proposals.filter((proposal) => proposal !== undefined);
  if (known.length === 0) return undefined;
  const most = Math.max(...known);
  return known.length < proposals.length && most < current ? undefined : most;
}

const isWithin = (ratio: number, tolerance: number): boolean => Math.abs(1 - ratio) <= tolerance;
