import {
  decodeState,
  encodeState,
  inquire,
  payloadsFrom,
  pendingCommands,
  replay,
  start,
  toHistory,
  transition,
  twoPhaseMachine,
  type Begun,
  type Event,
  type HistoryEntry,
  type OutgoingCommand,
  type Payloads,
  type Produced,
  type SagaDefinition,
  type SagaState,
  type StartRequest,
  type Transaction,
  type Transition,
  type TwoPhaseDefinition,
  type TwoPhaseState,
} from '@skald/core';

/** The functions of the core that a world runs for one protocol: the shipped ones, or a mutant's. */
export interface Machine<Definition, State> {
  start(definition: Definition, request: StartRequest, recorded?: Produced): Transition<State>;
  transition(
    definition: Definition,
    transaction: Transaction<State>,
    event: Event,
    recorded?: Produced,
  ): Transition<State>;
  pendingCommands(
    definition: Definition,
    transaction: Transaction<State>,
  ): readonly OutgoingCommand[];
  payloadsFrom(definition: Definition | undefined, entries: readonly HistoryEntry[]): Payloads;
  replay(
    definition: Definition,
    begun: Begun,
    entries: readonly HistoryEntry[],
  ): Transaction<State>;
  encodeState(state: State): string;
  decodeState(text: string): State;
  readonly toHistory: typeof toHistory;
}

export interface SagaMachine extends Machine<SagaDefinition, SagaState> {
  readonly inquire: typeof inquire;
}
export type TwoPhaseMachine = Machine<TwoPhaseDefinition, TwoPhaseState>;

export const SHIPPED: SagaMachine = {
  start,
  transition,
  pendingCommands,
  payloadsFrom,
  replay,
  encodeState,
  decodeState,
  toHistory,
  inquire,
};

export const SHIPPED_TWO_PHASE: TwoPhaseMachine = { ...twoPhaseMachine, toHistory };
