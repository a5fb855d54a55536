export { batchEndpointSchema, type BatchEndpoint } from './endpoint.js';
export { completionId, writeChatCompletion, writeResponse, type Answered } from './completion.js';
export { parseImageReference, type ImageReference } from './image-reference.js';
export { readBatchLine, type BatchLine } from './batch-line.js';
export {
  writeFailedLine,
  writeRefusedLine,
  writeSucceededLine,
  writeUndoneLine,
} from './output-line.js';
export { readRequest, RefusedRequestError, type VisionRequest } from './request.js';
export { taskOfText } from './task-of-text.js';
