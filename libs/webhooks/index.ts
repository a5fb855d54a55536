export * from './delivery-policy.js';
export * from './payload.js';
export * from './secret.js';
export * from './signature.js';
