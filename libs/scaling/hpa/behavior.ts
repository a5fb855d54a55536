/** One limit on how fast a target may change: so many pods, or percent of those there were, in a period. */
export interface ScalingPolicy {
  readonly type: 'Pods' | 'Percent';
  readonly value: number;
  readonly periodSeconds: number;
}

export interface ScalingRules {
  readonly stabilizationWindowSeconds: number;
  /** Of the limits that the policies give, the one that allows most or least change, or no change. */
  readonly selectPolicy: 'Max' | 'Min' | 'Disabled';
  readonly policies: readonly ScalingPolicy[];
}

export interface ScalingBehavior {
  readonly scaleUp: ScalingRules;
  readonly scaleDown: ScalingRules;
}

/** What Kubernetes does where `behavior` says nothing. */
export const KUBERNETES_BEHAVIOR: ScalingBehavior = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Percent', value: 100, periodSeconds: 15 },
      { type: 'Pods', value: 4, periodSeconds: 15 },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: 300,
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  },
};

/** A change of the number of replicas that was made, and when, in seconds. */
export interface ScaleEvent {
  readonly at: number;
  /** Above zero, whichever way it went. */
  readonly change: number;
}

export interface ScaleHistory {
  readonly ups: readonly ScaleEvent[];
  readonly downs: readonly ScaleEvent[];
}

const changeWithin = (events: readonly ScaleEvent[], at: number, seconds: number): number =>
  events.reduce((sum, event) => (event.at > at - seconds ? sum + event.change : sum), 0);

/** Replicas at the begin of the policy's period that ends now. */
const replicasBefore = (
  current: number,
  history: ScaleHistory,
  at: number,
  seconds: number,
): number =>
  current - changeWithin(history.ups, at, seconds) + changeWithin(history.downs, at, seconds);

/** Most replicas that the rules for growing allow now. */
export function scaleUpLimit(
  current: number,
  rules: ScalingRules,
  history: ScaleHistory,
  at: number,
): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const limits = rules.policies.map((policy) => {
    const before = replicasBefore(current, history, at, policy.periodSeconds);
    return policy.type === 'Pods'
      ? before + policy.value
      : Math.ceil(before * (1 + policy.value / 100));
  });
  const limit = rules.selectPolicy === 'Max' ? Math.max(...limits) : Math.min(...limits);
  return Math.max(current, limit);
}

/** Fewest replicas that the rules for shrinking allow now. A percentage is rounded towards removing more. */
export function scaleDownLimit(
  current: number,
  rules: ScalingRules,
  history: ScaleHistory,
  at: number,
): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const limits = rules.policies.map((policy) => {
    const before = replicasBefore(current, history, at, policy.periodSeconds);
    return policy.type === 'Pods'
      ? before - policy.value
      : Math.trunc(before * (1 - policy.value / 100));
  });
  const limit = rules.selectPolicy === 'Max' ? Math.min(...limits) : Math.max(...limits);
  return Math.min(current, Math.max(0, limit));
}
