export * from './health-port.js';
export * from './logger.js';
export * from './metrics.js';
export * from './nest-logger.js';
