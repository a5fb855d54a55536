export * from './delivery-policy.js';
export * from './payload.js';
export * from './retry-after.js';
export * from './secret.js';
export * from './signature.js';
