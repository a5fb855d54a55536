import { describe, expect, it } from 'vitest';
import { KUBERNETES_BEHAVIOR, type ScalingBehavior, type ScalingRules } from './behavior.js';
import { HorizontalAutoscaler } from './horizontal-autoscaler.js';
import {
  combineProposals,
  replicasForAverageValue,
  replicasForPodMetric,
} from './replicas-from-metric.js';

// The examples are those of https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/

const ready = (...values: (number | undefined)[]) =>
  values.map((value) => ({ value, isReady: true }));
const starting = (count: number) => Array.from({ length: count }, () => ({ isReady: false }));

describe('replicas from a metric', () => {
  it('doubles at 200m of 100m and halves at 50m', () => {
    expect(replicasForPodMetric(ready(200, 200, 200), 100)).toBe(6);
    expect(replicasForPodMetric(ready(50, 50, 50, 50), 100)).toBe(2);
  });

  it('leaves alone what is within 0.1 of the target', () => {
    expect(replicasForPodMetric(ready(109, 109), 100)).toBe(2);
    expect(replicasForPodMetric(ready(91, 91), 100)).toBe(2);
    expect(replicasForPodMetric(ready(120, 120), 100)).toBe(3);
    expect(replicasForAverageValue(1_090, 100, 10)).toBe(10);
    expect(replicasForAverageValue(910, 100, 10)).toBe(10);
    expect(replicasForAverageValue(1_120, 100, 10)).toBe(12);
    expect(replicasForAverageValue(890, 100, 10)).toBe(9);
  });

  it('takes pods without a measure for idle on the way up and for busy on the way down', () => {
    // Alone they would say 4 x 2; with the missing one as idle it is 4 x 1.5.
    expect(replicasForPodMetric(ready(200, 200, 200, undefined), 100)).toBe(6);
    // Alone: 2; with the missing two at the target: ceil(4 x 750).
    expect(replicasForPodMetric(ready(50, 50, undefined, undefined), 100)).toBe(3);
  });

  it('counts pods that are not ready as idle on the way up, and not at all on the way down', () => {
    expect(replicasForPodMetric([...ready(300, 300), ...starting(1)], 100)).toBe(6);
    expect(replicasForPodMetric([...ready(40, 40), ...starting(2)], 100)).toBe(1);
  });

  it('does nothing when that caution turns the direction', () => {
    expect(replicasForPodMetric([...ready(150), ...starting(3)], 100)).toBe(4);
    expect(replicasForPodMetric(ready(undefined, undefined), 100)).toBeUndefined();
  });

  it('takes the largest of several metrics, and does not shrink while one cannot be read', () => {
    expect(combineProposals([3, 7, 5], 4)).toBe(7);
    expect(combineProposals([3, undefined], 4)).toBeUndefined();
    expect(combineProposals([6, undefined], 4)).toBe(6);
    expect(combineProposals([undefined], 4)).toBeUndefined();
  });
});

const down = (rules: Partial<ScalingRules>): ScalingBehavior => ({
  ...KUBERNETES_BEHAVIOR,
  scaleDown: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 60 },
      { type: 'Percent', value: 10, periodSeconds: 60 },
    ],
    ...rules,
  },
});

/** Replicas after each sync, `everySeconds` apart. */
function follow(
  behavior: ScalingBehavior,
  from: number,
  proposals: readonly (number | undefined)[],
  everySeconds = 60,
  limits = { minReplicas: 1, maxReplicas: 1_000 },
): number[] {
  const hpa = new HorizontalAutoscaler({ ...limits, behavior });
  let current = from;
  return proposals.map((proposal, n) => (current = hpa.sync(n * everySeconds, current, proposal)));
}
const again = <T>(value: T, times: number): T[] => Array.from({ length: times }, () => value);

describe('the behaviour of the autoscaler', () => {
  it('goes from 80 to 10 by the policies of the documentation', () => {
    const replicas = follow(down({}), 80, again(10, 14));
    // Ten percent, rounded up, while that is more; four pods at a time below 40.
    expect(replicas).toEqual([72, 64, 57, 51, 45, 40, 36, 32, 28, 24, 20, 16, 12, 10]);
  });

  it('takes the policy that changes least with `Min`, and changes nothing with `Disabled`', () => {
    expect(follow(down({ selectPolicy: 'Min' }), 80, [10, 10])).toEqual([76, 72]);
    expect(follow(down({ selectPolicy: 'Disabled' }), 80, [10, 100])).toEqual([80, 100]);
  });

  it('counts all changes of a period, however many syncs it has', () => {
    const slow = down({ policies: [{ type: 'Pods', value: 4, periodSeconds: 60 }] });
    expect(follow(slow, 20, again(10, 6), 15)).toEqual([16, 16, 16, 16, 12, 12]);
  });

  it('grows by four pods or to the double every 15 s', () => {
    expect(follow(KUBERNETES_BEHAVIOR, 1, again(100, 6), 15)).toEqual([5, 10, 20, 40, 80, 100]);
  });

  it('shrinks to the largest proposal of the last 300 s', () => {
    const proposals = [10, 5, ...again(2, 24)];
    const replicas = follow(KUBERNETES_BEHAVIOR, 10, proposals, 15);
    expect(replicas.slice(0, 20)).toEqual(again(10, 20));
    expect(replicas.slice(20)).toEqual([5, 2, 2, 2, 2, 2]);
  });

  it('grows to the smallest proposal of the window for growing', () => {
    const behavior = {
      ...KUBERNETES_BEHAVIOR,
      scaleUp: { ...KUBERNETES_BEHAVIOR.scaleUp, stabilizationWindowSeconds: 60 },
    };
    expect(follow(behavior, 2, [2, 9, 4, 9, 9, 9, 9], 15)).toEqual([2, 2, 2, 2, 4, 4, 8]);
  });

  it('changes nothing while the metric is missing, nor from zero', () => {
    expect(follow(KUBERNETES_BEHAVIOR, 7, again(undefined, 3))).toEqual([7, 7, 7]);
    expect(follow(KUBERNETES_BEHAVIOR, 0, [9])).toEqual([0]);
  });

  it('keeps the limits of the object', () => {
    const limits = { minReplicas: 2, maxReplicas: 6 };
    expect(follow(KUBERNETES_BEHAVIOR, 3, [50, 50], 15, limits)).toEqual([6, 6]);
    expect(follow(down({}), 3, [0], 15, limits)).toEqual([2]);
    expect(follow(KUBERNETES_BEHAVIOR, 9, [9], 15, limits)).toEqual([6]);
    expect(follow(KUBERNETES_BEHAVIOR, 1, [undefined], 15, limits)).toEqual([2]);
  });
});
