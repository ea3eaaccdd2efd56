import { mapOutput } from '../request.js';
import {
  isEnded,
  NOTHING_PRODUCED,
  type Effect,
  type ParkedReason,
  type Produced,
  type Status,
  type Transition,
} from '../transaction.js';
import { cut, MAX_DETAIL_CHARS } from '../trouble.js';
import type { TwoPhaseDefinition } from './define.js';
import type { GroupChange } from './group.js';
import { describeStops, failureOf, sendsOf, takeReply } from './group-parts.js';
import { stopOf } from './group-state.js';
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

/** The transaction after `change`: ended, parked, or waiting; what is to be asked leaves. */
export function apply(move: Move, change: GroupChange): Result {
  const { definition, transaction } = move;
  const { group, cause } = change;
  const { replies, replyOf, alarm = change.alarm } = takeReply(definition, change, move);
  const failure = cause ? failureOf(definition, cause) : transaction.state.failure;
  const payloads = replies ? { ...transaction.payloads, replies } : transaction.payloads;
  const next = {
    ...move,
    transaction: { ...transaction, payloads, state: { group, failure, parked: null } },
  };
  const produced = replyOf === undefined ? NOTHING_PRODUCED : { ...NOTHING_PRODUCED, replyOf };
  return { ...conclude(next, change, produced), ...(alarm !== undefined && { alarm }) };
}

function conclude(move: Move, { group, asks }: GroupChange, produced: Produced): Result {
  const { definition } = move;
  const stop = stopOf(group);
  if (stop !== undefined) return park(move, stop, describeStops(definition, group), produced);
  if (group.phase === 'committed') return finish(move, produced);
  return settle(move, statusOf(group), sendsOf(definition, group, asks), produced);
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
