export * from './contract/participant.js';
export * from './definition.js';
export * from './errors.js';
export * from './history.js';
export * from './ids.js';
export type { Inquiry } from './inquiry.js';
export * from './lists.js';
export * from './machine.js';
export * from './mapped-command.js';
export * from './outgoing.js';
export * from './pinned.js';
export { type Begun } from './replay.js';
export * from './retry.js';
export { activeState } from './saga/atomic.js';
export type {
  AtomicBranch,
  AtomicGroup,
  AtomicOptions,
  AtomicStart,
  GroupKind,
} from './saga/atomic-group.js';
export * from './saga/define.js';
export type { AtomicBranchDescription, SagaDescription, StepDescription } from './saga/describe.js';
export { commandOf, stepNameOf } from './saga/draft.js';
export { inquire, pendingCommands, plannedCalls, start } from './saga/machine.js';
export * from './saga/replay.js';
export * from './saga/state.js';
export { transition } from './saga/transition.js';
export * from './schema.js';
export * from './transaction.js';
export * from './trouble.js';
export { TransientMap } from './transient-map.js';
export * from './two-phase/define.js';
export type { BranchDescription, TwoPhaseDescription } from './two-phase/describe.js';
export * from './two-phase/group-state.js';
export { twoPhaseMachine } from './two-phase/machine.js';
export { statusOf, type TwoPhaseState, type TwoPhaseTransaction } from './two-phase/state.js';
export * from './wire/batch.js';
export * from './wire/command.js';
export * from './wire/decode.js';
export * from './wire/encode-reply.js';
export * from './wire/headers.js';
export * from './wire/prepared.js';
export * from './wire/reply.js';
export * from './wire/step-name.js';
