export { AllowList, parseAllowList } from './allow-list.js';
export { isPublicAddress } from './public-address.js';
export { OutgoingGuard, type OutgoingRules, type Resolve } from './guard.js';
export { sendOutgoing, type OutgoingAnswer, type OutgoingRequest } from './send.js';
