export type { DownloadProgress } from './hub/download-checkpoint.js';
export { findHubAccess, type HubAccess } from './hub/hub-access.js';
export { parseRepository, type HubRepository } from './hub/hub-repository.js';
export { modelNameFrom, mustBeModelName } from './model-name.js';
export { ModelStore, type StoredModel } from './model-store.js';
export { pullModel, type PullOptions } from './pull-model.js';
