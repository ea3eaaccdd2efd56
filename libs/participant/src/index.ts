export { migrateInbox } from './barrier/migrate-inbox.js';
export { cleanInbox, type CleanUp, type RetentionOptions } from './barrier/retention.js';
export { ContractBroken, HandlerTimeout, RetryLater, StepRejected } from './errors.js';
export type {
  BatchContext,
  BatchEntry,
  CommandInfo,
  DecisionContext,
  HandlerContext,
  PrepareContext,
  StoredAction,
  TryContext,
} from './handler-context.js';
export { Cancels, Confirms, Handles, HandlesBatch, Prepares, Tries } from './handles.js';
export type {
  CoordinatorOptions,
  KafkaOptions,
  PreparedOptions,
  SkaldParticipantOptions,
} from './options.js';
export type { Job } from './periodic.js';
export { SkaldServer } from './server/skald-server.js';
export * from './service/index.js';
export { SkaldParticipantModule } from './skald-participant.module.js';
export { connectParticipant, startParticipant } from './start-participant.js';
