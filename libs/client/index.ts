export * from './api.js';
export * from './client.js';
export * from './every.js';
export * from './read-events.js';
