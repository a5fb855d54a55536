export { LeaseKeeper, type KeptLease, type LeaseTiming } from './lease-keeper.js';
export { LeaseLostError } from './lease-lost-error.js';
export { MicroBatches } from './micro-batches.js';
export { pause } from './pause.js';
export { persist } from './persist.js';
