export * from './api.js';
export * from './ports/log.js';
export * from './ports/store.js';
export * from './ports/transport.js';
export * from './ports/views.js';
