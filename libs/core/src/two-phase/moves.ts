import { checkReply, contextOf, listErrors, mapOutput, mapRequest } from '../request.js';
import {
  isEnded,
  NOTHING_PRODUCED,
  type Effect,
  type ParkedReason,
  type Produced,
  type Status,
  type Transition,
} from '../transaction.js';
import { cut, MAX_DETAIL_CHARS, MAX_REASON_CHARS, type Failure } from '../trouble.js';
import { branchStepName } from '../wire/step-name.js';
import type { TwoPhaseDefinition } from './define.js';
import type { Cause, GroupChange } from './group.js';
import { directionOf, stopOf, type GroupState } from './group-state.js';
import { statusOf, type TwoPhaseState, type TwoPhaseTransaction } from './state.js';

/** One transition in the making. */
export interface Move {
  readonly definition: TwoPhaseDefinition;
  readonly transaction: TwoPhaseTransaction;
  readonly at: number;
  /** On replay, what this transition produced when it was first made: then no mapping or schema is asked. */
  readonly recorded: Produced | undefined;
}

type Result = Transition<TwoPhaseState>;

/** The key of a branch's request among the payloads: one for all its commands, in every round. */
export function requestKeyOf(branch: string): string {
  return `${branch}/prepare`;
}

/** The requests of all branches, mapped once; or why that is not possible. */
export function mapRequests({
  definition,
  transaction,
  recorded,
}: Move):
  | { readonly requests: Readonly<Record<string, string>> }
  | { readonly branch: number; readonly problem: string } {
  const requests: Record<string, string> = {};
  const context = contextOf(transaction.id, transaction.payloads);
  for (const [branch, { name, command }] of definition.branches.entries()) {
    const key = requestKeyOf(name);
    const made = recorded ? recordedRequest(recorded, key) : mapRequest(command, context, key);
    if ('problem' in made) return { branch, problem: made.problem };
    requests[key] = made.body;
  }
  return { requests };
}

function recordedRequest({ requests, problem }: Produced, key: string) {
  const body = requests[key];
  return body === undefined ? { problem: problem ?? '' } : { body };
}

/** The transaction after `change`: ended, parked, or waiting; what is to be asked leaves. */
export function apply(move: Move, change: GroupChange): Result {
  const { definition, transaction } = move;
  const { group, cause, replied } = change;
  const took = replied === undefined ? { transaction } : takeReply(move, replied, change);
  const failure = cause ? failureOf(definition, cause) : transaction.state.failure;
  const settled = { ...took.transaction, state: { group, failure, parked: null } };
  const produced =
    'replyOf' in took ? { ...NOTHING_PRODUCED, replyOf: took.replyOf } : NOTHING_PRODUCED;
  const alarm = change.alarm ?? ('alarm' in took ? took.alarm : undefined);
  const next = { ...move, transaction: settled };
  return { ...conclude(next, change, produced), ...(alarm !== undefined && { alarm }) };
}

function conclude(move: Move, { group, asks }: GroupChange, produced: Produced): Result {
  const stop = stopOf(group);
  if (stop !== undefined) return park(move, stop, describeStops(move.definition, group), produced);
  if (group.phase === 'committed') return finish(move, produced);
  const direction = directionOf(group);
  const effects = asks.flatMap((index): Effect[] => {
    const { name } = move.definition.branches[index] ?? {};
    const { attempt = 1 } = group.branches[index] ?? {};
    if (name === undefined || direction === undefined) return [];
    return [{ type: 'send', step: branchStepName(name, group.round), direction, attempt }];
  });
  return settle(move, statusOf(group), effects, produced);
}

/**
 * All are committed: what the whole transaction answers is mapped from their replies. Where one has none (it
 * voted read-only without, broke its contract, or a human committed it) and the mapping needs it: null.
 */
export function finish(move: Move, produced: Produced): Result {
  const { definition, transaction, recorded } = move;
  const output = mapOutput(definition.output, transaction, recorded);
  if ('problem' in output) {
    const problem = cut(output.problem, MAX_DETAIL_CHARS);
    const areAllThere = definition.branches.every(
      ({ name }) => name in transaction.payloads.replies,
    );
    if (!areAllThere) return { ...finishWith(move, 'null', produced), alarm: problem };
    return park(move, 'mapping-failed', problem, { ...produced, problem });
  }
  return finishWith(move, output.json, produced);
}

/** Ends as committed with `output` as JSON, from its mapping or from a human in its place. */
export function finishWith(move: Move, output: string, produced: Produced): Result {
  const { transaction } = move;
  const payloads = { ...transaction.payloads, output };
  const ended = { ...move, transaction: { ...transaction, payloads } };
  return settle(ended, 'committed', [], { ...produced, output });
}

/** A reply that breaks its contract is not taken; the branch is committed all the same. */
function takeReply(
  { definition, transaction, recorded }: Move,
  index: number,
  { reply }: GroupChange,
) {
  const branch = definition.branches[index];
  if (!branch) return { transaction };
  const { name, command } = branch;
  const checked = checkReply(command, reply, { name, recorded });
  if (!checked.ok) {
    const why = listErrors(checked.errors);
    return { transaction, alarm: `branch ${name}: the reply breaks its contract: ${why}` };
  }
  const replies = { ...transaction.payloads.replies, [name]: checked.value };
  const payloads = { ...transaction.payloads, replies };
  return { transaction: { ...transaction, payloads }, replyOf: name };
}

function describeStops({ branches }: TwoPhaseDefinition, group: GroupState): string {
  const stopped = group.branches.flatMap(({ stop, reason }, index) =>
    stop === null ? [] : [`${branches[index]?.name ?? ''}: ${reason ?? stop}`],
  );
  return stopped.join('; ');
}

/** Why it is aborted, as its caller learns it. */
export function failureOf({ branches }: TwoPhaseDefinition, cause: Cause): Failure {
  const branch = cause.branch === null ? undefined : branches[cause.branch];
  const { participant = null, operation = null } = branch?.command.mapping.operation ?? {};
  return {
    step: branch?.name ?? null,
    participant,
    operation,
    outcome: cause.outcome,
    reason: cut(cause.reason, MAX_REASON_CHARS),
    detail: cause.detail === undefined ? null : cut(cause.detail, MAX_DETAIL_CHARS),
  };
}

/** Stops until a human decides. Everything needed to go on is kept (T13). */
export function park(
  move: Move,
  reason: ParkedReason,
  detail: string,
  produced: Produced = NOTHING_PRODUCED,
): Result {
  const { transaction, at } = move;
  const { group, failure } = transaction.state;
  const status = statusOf(group);
  const from: Status = status === 'committed' ? 'committing' : status;
  const parked = { reason, from, at, detail: cut(detail, MAX_DETAIL_CHARS) };
  const stopped = { ...move, transaction: { ...transaction, state: { group, failure, parked } } };
  return settle(stopped, 'parked', [], produced);
}

export function settle(
  { transaction, at }: Move,
  status: Status,
  effects: readonly Effect[],
  produced: Produced,
): Result {
  const { version, seq } = transaction;
  const next: TwoPhaseTransaction = {
    ...transaction,
    status,
    version: version + 1,
    seq: seq + 1,
    updatedAt: at,
    endedAt: isEnded(status) ? at : null,
  };
  return { next, effects, produced };
}
