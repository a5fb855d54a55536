export * from './desired-replicas.js';
