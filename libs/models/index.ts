export { modelNameFrom, mustBeModelName } from './model-name.js';
export { ModelStore, type StoredModel } from './model-store.js';
