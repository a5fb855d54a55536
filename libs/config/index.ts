export * from './api-config.js';
export * from './dispatcher-config.js';
export * from './trainer-config.js';
export * from './worker-config.js';
