import { invariant } from '../errors.js';
import type { HistoryEntry } from '../history.js';
import { asTransactionId } from '../ids.js';
import { UNKNOWN, type Inquiry } from '../inquiry.js';
import type { OutgoingCommand, PlannedCall, StartRequest } from '../outgoing.js';
import { replayWith, restorePayloads, type Begun } from '../replay.js';
import type { Payloads, Produced, Transition } from '../transaction.js';
import { branchStepName, parseStepName } from '../wire/step-name.js';
import type { TwoPhaseDefinition } from './define.js';
import { beginGroup } from './group.js';
import { callsOf, commandsOf, failureOf, mapRequests, sendsOf } from './group-parts.js';
import { inquireGroup, mayBeAborted, type GroupState } from './group-state.js';
import { settle, type Move } from './moves.js';
import { decodeState, encodeState, type TwoPhaseState, type TwoPhaseTransaction } from './state.js';
import { transition } from './transition.js';

/**
 * The first transition: version 1, with all prepares to send. When a request cannot be mapped nothing is
 * sent, and the transaction is aborted. `recorded` is for replay alone.
 */
function start(
  definition: TwoPhaseDefinition,
  request: StartRequest,
  recorded?: Produced,
): Transition<TwoPhaseState> {
  const { id, at, input } = request;
  invariant(asTransactionId(id) !== undefined, `the id ${id} is a UUID`);
  const deadline = request.deadline ?? at + definition.deadlineMs;
  const group = beginGroup(definition, { at, deadline });
  const transaction: TwoPhaseTransaction = {
    id,
    definition: request.definition,
    status: 'preparing',
    version: 0,
    seq: 0,
    startedAt: at,
    deadline,
    updatedAt: at,
    endedAt: null,
    state: { group, failure: null, parked: null },
    payloads: { input, replies: {}, requests: {}, output: null },
  };
  const move: Move = { definition, transaction, at, recorded };
  const mapped = mapRequests(definition, move);
  if ('problem' in mapped) return abortedAtOnce(move, mapped);
  const { requests } = mapped;
  const payloads = { ...transaction.payloads, requests };
  const effects = sendsOf(definition, group, [...group.branches.keys()]);
  const begun = { ...move, transaction: { ...transaction, payloads } };
  return settle(begun, 'preparing', effects, { requests, output: null });
}

function abortedAtOnce(move: Move, { branch, problem }: { branch: number; problem: string }) {
  const { definition, transaction, at } = move;
  const { group } = transaction.state;
  const cause = { branch, outcome: 'failed', reason: 'mapping-failed', detail: problem } as const;
  const failure = failureOf(definition, cause);
  const branches = group.branches.map((one) => ({ ...one, resendAt: null }));
  const ended: GroupState = { ...group, phase: 'aborted', decidedAt: at, branches };
  const state = { group: ended, failure, parked: null };
  const produced = { requests: {}, output: null, problem: failure.detail ?? '' };
  return settle({ ...move, transaction: { ...transaction, state } }, 'aborted', [], produced);
}

/** The commands an open transaction waits for, ready to send. Derived from state, so they can be derived again. */
function pendingCommands(
  definition: TwoPhaseDefinition,
  transaction: TwoPhaseTransaction,
): OutgoingCommand[] {
  return commandsOf(definition, transaction.state.group, transaction);
}

/** The calls that follow from here if every answer is a success, in order. */
function plannedCalls(
  definition: TwoPhaseDefinition,
  { state }: TwoPhaseTransaction,
): PlannedCall[] {
  return callsOf(definition, state.group);
}

function payloadsFrom(
  definition: TwoPhaseDefinition | undefined,
  entries: readonly HistoryEntry[],
): Payloads {
  const schemas = {
    input: definition?.input,
    replyOf: (name: string) =>
      definition?.branches.find((branch) => branch.name === name)?.command.mapping.operation.reply,
  };
  return restorePayloads(schemas, entries);
}

/** When something has to happen next by itself, ms since the epoch. */
function dueAt({ state: { group } }: TwoPhaseTransaction): number {
  const resends = group.branches.flatMap(({ resendAt }) => resendAt ?? []);
  return Math.min(...resends, mayBeAborted(group) ? group.deadline : Infinity);
}

/** From when on its deadline would abort it. */
function deadlineOf(_: TwoPhaseDefinition, { status, state }: TwoPhaseTransaction): number {
  return status !== 'parked' && mayBeAborted(state.group) ? state.group.deadline : Infinity;
}

/** The participants that a definition calls. */
function participantsOf({ branches }: TwoPhaseDefinition): string[] {
  return branches.map(({ command }) => command.mapping.operation.participant);
}

/** The step name of what it waits for first. */
function waitsFor(
  definition: TwoPhaseDefinition,
  { state: { group } }: TwoPhaseTransaction,
): string | undefined {
  const isOpen = ({ resendAt, stop }: GroupState['branches'][number]) =>
    resendAt !== null || stop !== null;
  const name = definition.branches[group.branches.findIndex(isOpen)]?.name;
  return name === undefined ? undefined : branchStepName(name, group.round);
}

/** What a participant is told that asks for the decision over the branch of that step name. */
function inquire(
  definition: TwoPhaseDefinition | undefined,
  { status, state }: TwoPhaseTransaction,
  text: string,
): Inquiry {
  const { step, branch = null, round = null } = parseStepName(text) ?? {};
  if (step !== null || branch === null || round === null) return UNKNOWN;
  if (definition && !definition.branches.some(({ name }) => name === branch)) return UNKNOWN;
  return inquireGroup(state.group, round, status !== 'parked');
}

/** Plays a transaction's whole history again and gives what it ends in; see `replayWith`. */
function replay(
  definition: TwoPhaseDefinition,
  begun: Begun,
  entries: readonly HistoryEntry[],
): TwoPhaseTransaction {
  return replayWith({ start, transition, payloadsFrom }, definition, { begun, entries });
}

/** Two-phase commit for the shell: everything it needs to run such transactions. */
export const twoPhaseMachine = {
  start,
  transition,
  pendingCommands,
  plannedCalls,
  payloadsFrom,
  replay,
  encodeState,
  decodeState,
  dueAt,
  deadlineOf,
  participantsOf,
  waitsFor,
  inquire,
};
