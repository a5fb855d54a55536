export * from './desired-replicas.js';
export * from './hpa/behavior.js';
export { HPA_SYNC_SECONDS } from './hpa/horizontal-autoscaler.js';
export type { Reading } from './keda/scaled-object.js';
export { PoolScaler, type ReplicaChange } from './pool/pool-scaler.js';
export { plotSimulation } from './plot/plot-simulation.js';
export * from './simulation/load.js';
export * from './simulation/settings.js';
export {
  simulate,
  type Sample,
  type SimulatedSignal,
  type Simulation,
} from './simulation/simulate.js';
export type { SimulationSummary } from './simulation/summary.js';
