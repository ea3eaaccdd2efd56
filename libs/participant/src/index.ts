export { ContractBroken, HandlerTimeout, RetryLater, StepRejected } from './errors.js';
export type { CommandInfo, HandlerContext, StoredAction } from './handler-context.js';
export { Handles } from './handles.js';
export * from './service/index.js';
