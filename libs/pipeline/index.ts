export * from './fair-feed.js';
export * from './feed-step.js';
export * from './item-ranges.js';
export * from './job-estimate.js';
export * from './job-outcome.js';
export * from './question.js';
export * from './shard-loss.js';
export * from './shard-plan.js';
