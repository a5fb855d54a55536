export * from './desired-replicas.js';
export * from './hpa/behavior.js';
export { plotSimulation } from './plot/plot-simulation.js';
export * from './simulation/load.js';
export * from './simulation/settings.js';
export { simulate, type Sample, type Simulation } from './simulation/simulate.js';
export type { SimulationSummary } from './simulation/summary.js';
