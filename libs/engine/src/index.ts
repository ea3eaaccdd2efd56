export * from './api.js';
export * from './metrics.js';
export * from './ports/batches.js';
export * from './ports/lists.js';
export * from './ports/log.js';
export * from './ports/prepared.js';
export * from './ports/retention.js';
export * from './ports/store.js';
export * from './ports/transport.js';
export * from './ports/views.js';
export { BatchRunner, type BatchRunnerOptions } from './batches/batch-runner.js';
export { ageOf, InDoubtWatch, type InDoubtOptions } from './in-doubt/in-doubt-watch.js';
export {
  RetentionJob,
  type RetentionOptions,
  type RetentionRound,
} from './retention/retention-job.js';
export { DURATION_BOUNDS_MS, type DefinitionTotals } from './statistics/totals.js';
export { Durations, type DurationCounts } from './statistics/durations.js';
export { CIRCUIT_DEFAULTS, type CircuitOptions } from './circuit.js';
export { Engine } from './engine.js';
export { ENGINE_DEFAULTS, type EngineLimits, type EngineOptions } from './options.js';
export { DEFINITION_MISSING, DefinitionChanged } from './problems.js';
