import type { Definition } from './definition.js';
import type { HistoryEntry } from './history.js';
import type { Inquiry } from './inquiry.js';
import type { OutgoingCommand, PlannedCall, StartRequest } from './outgoing.js';
import type { Protocol } from './pinned.js';
import type { Begun } from './replay.js';
import { sagaMachine } from './saga/saga-machine.js';
import type { SagaState, SagaTransaction } from './saga/state.js';
import type { Event, Payloads, Produced, Transaction, Transition } from './transaction.js';
import { twoPhaseMachine } from './two-phase/machine.js';
import type { TwoPhaseState, TwoPhaseTransaction } from './two-phase/state.js';

export type AnyState = SagaState | TwoPhaseState;
export type AnyTransaction = Transaction<AnyState>;

/**
 * What the shell needs of a protocol. There is one engine; each protocol brings its own pure machine,
 * which is given definitions and transactions of its own protocol only.
 */
export interface Machine {
  /** Version 1 of a transaction, with what it sends first. */
  start(definition: Definition, request: StartRequest, recorded?: Produced): Transition<AnyState>;
  /** Total: absorbs what does not concern the state. */
  transition(
    definition: Definition,
    transaction: AnyTransaction,
    event: Event,
    recorded?: Produced,
  ): Transition<AnyState>;
  /** The commands it waits for, ready to send. Derived from state, so they can be derived again. */
  pendingCommands(definition: Definition, transaction: AnyTransaction): readonly OutgoingCommand[];
  /** The calls that follow if every answer is a success, in order. */
  plannedCalls(definition: Definition, transaction: AnyTransaction): readonly PlannedCall[];
  payloadsFrom(definition: Definition | undefined, entries: readonly HistoryEntry[]): Payloads;
  /** What its whole history ends in. */
  replay(definition: Definition, begun: Begun, entries: readonly HistoryEntry[]): AnyTransaction;
  encodeState(state: AnyState): string;
  decodeState(text: string): AnyState;
  /** When something has to happen next by itself, ms since the epoch; Infinity when nothing has. */
  dueAt(transaction: AnyTransaction): number;
  /** From when on (ms since the epoch) a deadline would turn it back or abort it; Infinity: never. */
  deadlineOf(definition: Definition, transaction: AnyTransaction): number;
  participantsOf(definition: Definition): readonly string[];
  /** The step name of what it waits for first. */
  waitsFor(definition: Definition, transaction: AnyTransaction): string | undefined;
  /** What a participant is told that asks for the decision over what it prepared under this step name. */
  inquire(definition: Definition | undefined, transaction: AnyTransaction, step: string): Inquiry;
}

const MACHINES = {
  saga: sagaMachine as unknown as Machine,
  'two-phase': twoPhaseMachine as unknown as Machine,
} as const;

/** The machine of a protocol, or undefined when this build has none. */
export function machineOf(protocol: Protocol): Machine | undefined {
  return (MACHINES as Partial<Record<Protocol, Machine>>)[protocol];
}

/** Whether a transaction is one of two-phase commit. */
export function isTwoPhase(transaction: AnyTransaction): transaction is TwoPhaseTransaction {
  return 'group' in transaction.state;
}

/** Whether a transaction is a saga. */
export function isSaga(transaction: AnyTransaction): transaction is SagaTransaction {
  return 'steps' in transaction.state;
}
