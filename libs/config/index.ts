export * from './api-config.js';
export * from './dispatcher-config.js';
export type { IntakeLimits } from './intake.js';
export * from './trainer-config.js';
export { readVersion } from './version.js';
export * from './worker-config.js';
