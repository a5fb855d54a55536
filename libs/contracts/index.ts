export * from './answer.js';
export * from './app-error.js';
export * from './host-message.js';
export * from './identifier.js';
export * from './image-set.js';
export * from './job.js';
export * from './page.js';
export * from './task.js';
