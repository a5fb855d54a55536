/** Ten times shorter than the defaults, in the same proportions. */
export const SHORT_TIMERS = {
  LEASE_MS: '2500',
  HEARTBEAT_MS: '500',
  SWEEP_MS: '250',
  RECONCILE_AGE_MS: '1500',
};
