export * from './api.js';
export * from './ports/log.js';
export * from './ports/store.js';
export * from './ports/transport.js';
export * from './ports/views.js';
export { CIRCUIT_DEFAULTS, type CircuitOptions } from './circuit.js';
export { Engine } from './engine.js';
export { ENGINE_DEFAULTS, type EngineLimits, type EngineOptions } from './options.js';
export { DEFINITION_MISSING, DefinitionChanged } from './problems.js';
