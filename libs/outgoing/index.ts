export { AllowList, parseAllowList } from './allow-list.js';
export { isPublicAddress } from './public-address.js';
export { OutgoingGuard, type OutgoingRules, type Resolve } from './guard.js';
export { getOutgoing } from './redirects.js';
export { parseRetryAfter } from './retry-after.js';
export {
  openOutgoing,
  sendOutgoing,
  type OutgoingAnswer,
  type OutgoingRequest,
  type OutgoingStream,
  type StreamRequest,
} from './send.js';
