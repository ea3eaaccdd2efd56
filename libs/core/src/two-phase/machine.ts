import { invariant } from '../errors.js';
import type { HistoryEntry } from '../history.js';
import { asTransactionId } from '../ids.js';
import { UNKNOWN, type Inquiry } from '../inquiry.js';
import type { OutgoingCommand, PlannedCall, StartRequest } from '../outgoing.js';
import { replayWith, restorePayloads, type Begun } from '../replay.js';
import type { Direction, Payloads, Produced, Transition } from '../transaction.js';
import { branchStepName, parseStepName } from '../wire/step-name.js';
import type { TwoPhaseDefinition } from './define.js';
import { beginGroup } from './group.js';
import { directionOf, inquireGroup, mayBeAborted, type GroupState } from './group-state.js';
import { failureOf, mapRequests, requestKeyOf, settle, type Move } from './moves.js';
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
  const mapped = mapRequests(move);
  if ('problem' in mapped) return abortedAtOnce(move, mapped);
  const { requests } = mapped;
  const payloads = { ...transaction.payloads, requests };
  const effects = group.branches.map((_, index) => sendOf(definition, group, index));
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

function sendOf(definition: TwoPhaseDefinition, group: GroupState, index: number) {
  const step = branchStepName(definition.branches[index]?.name ?? '', group.round);
  const { attempt = 1 } = group.branches[index] ?? {};
  return { type: 'send', step, direction: directionOf(group) ?? 'prepare', attempt } as const;
}

/** The commands an open transaction waits for, ready to send. Derived from state, so they can be derived again. */
function pendingCommands(
  definition: TwoPhaseDefinition,
  transaction: TwoPhaseTransaction,
): OutgoingCommand[] {
  const { group } = transaction.state;
  const direction = directionOf(group);
  if (direction === undefined) return [];
  return group.branches.flatMap(({ resendAt, attempt }, index) => {
    const branch = definition.branches[index];
    if (!branch || resendAt === null) return [];
    const body = transaction.payloads.requests[requestKeyOf(branch.name)];
    if (body === undefined) return [];
    const { mapping, timeoutMs, retry } = branch.command;
    const isBounded = direction === 'prepare';
    return {
      transaction: transaction.id,
      step: branchStepName(branch.name, group.round),
      direction,
      attempt,
      participant: mapping.operation.participant,
      operation: mapping.operation,
      body,
      isRefusable: direction === 'prepare' || direction === 'action',
      timeoutMs,
      maxAttempts: isBounded ? retry.maxAttempts : Infinity,
      resendAt,
      startedAt: transaction.startedAt,
      deadline: group.deadline,
    };
  });
}

/** The calls that follow from here if every answer is a success, in order. */
function plannedCalls(
  definition: TwoPhaseDefinition,
  { state }: TwoPhaseTransaction,
): PlannedCall[] {
  const { group } = state;
  const call = (direction: Direction, isMeant: (index: number) => boolean): PlannedCall[] =>
    definition.branches.flatMap(({ name, command }, index) => {
      if (!isMeant(index)) return [];
      const { participant, operation } = command.mapping.operation;
      return { step: branchStepName(name, group.round), direction, participant, operation };
    });
  const direction = directionOf(group);
  if (direction === undefined) return [];
  const asked = call(direction, (index) => group.branches[index]?.resendAt != null);
  if (direction !== 'prepare') return asked;
  return [...asked, ...call('commit', (index) => group.branches[index]?.vote !== 'read-only')];
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

/** Whether its deadline would abort it. */
function heedsDeadline(_: TwoPhaseDefinition, { status, state }: TwoPhaseTransaction): boolean {
  return status !== 'parked' && mayBeAborted(state.group);
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
  heedsDeadline,
  participantsOf,
  waitsFor,
  inquire,
};
