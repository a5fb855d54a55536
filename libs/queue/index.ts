export { connectQueue, type QueueOptions } from './connect-queue.js';
export { ticketId, type Consumer, type DispatchQueue, type QueueSystem } from './dispatch-queue.js';
export { type Lane } from '#pipeline';
export { type ShardTicket } from '#contracts';
