import { toJson } from '../request.js';
import {
  absorb,
  isOperators,
  NOTHING_PRODUCED,
  refuse,
  type Event,
  type Transition,
} from '../transaction.js';
import { cut, MAX_DETAIL_CHARS } from '../trouble.js';
import { askAgain, giveUp, type Cause } from './group.js';
import { CONTRADICTED, resolveGroup } from './group-orders.js';
import { decisionOf } from './group-state.js';
import { apply, finish, finishWith, settle, type Move } from './moves.js';
import type { TwoPhaseState, TwoPhaseTransaction } from './state.js';

type Result = Transition<TwoPhaseState>;

/** An ended transaction absorbs everything; a human is told so, unless the wish came true already. */
export function refuseEnded(transaction: TwoPhaseTransaction, event: Event): Result {
  const isFulfilled = event.type === 'cancel-requested' && transaction.status === 'aborted';
  if (!isOperators(event) || isFulfilled) return absorb(transaction);
  return refuse(transaction, `it has ended as ${transaction.status}`);
}

/** Aborts, as long as nothing is decided. Repeating it changes nothing. */
export function cancel(move: Move, reason: string): Result {
  const { transaction, definition } = move;
  const { group, parked } = transaction.state;
  const decision = decisionOf(group);
  if (decision === 'commit') return refuse(transaction, 'it is decided: commit');
  if (decision === 'abort') {
    if (!parked) return absorb(transaction);
    return refuse(transaction, 'it is aborting already, and parked: retry or resolve it');
  }
  const cause: Cause = {
    branch: null,
    outcome: 'cancelled',
    reason: 'cancelled',
    detail: cut(reason, MAX_DETAIL_CHARS),
  };
  const change = giveUp({ definition, group, at: move.at }, cause);
  const alone = definition.branches[0]?.name ?? '';
  return change ? apply(move, change) : refuse(transaction, `its only branch, ${alone}, decides`);
}

/** Asks everything that is open again, now. */
export function retry(move: Move): Result {
  const { transaction, definition, at } = move;
  const { group } = transaction.state;
  if (group.phase === 'committed') return finish(unparked(move), NOTHING_PRODUCED);
  const change = askAgain({ definition, group, at });
  if (change.asks.length > 0) return apply(move, change);
  return refuse(transaction, CONTRADICTED);
}

function unparked(move: Move): Move {
  const { transaction } = move;
  const state = { ...transaction.state, parked: null };
  return { ...move, transaction: { ...transaction, state } };
}

/** All or nothing has no step to leave out. */
export function skip({ transaction }: Move): Result {
  return refuse(transaction, 'a two-phase transaction has no step to skip: resolve a branch');
}

type ResolveRequested = Extract<Event, { type: 'resolve-requested' }>;

/** Takes a human's word for a branch, or notice of a contradiction. */
export function resolve(move: Move, event: ResolveRequested): Result {
  const { transaction } = move;
  const { parked, group } = transaction.state;
  if (parked?.reason === 'mapping-failed' && group.phase === 'committed') {
    return resolveOutput(move, event.reply);
  }
  const { definition, at } = move;
  const resolution = resolveGroup({ definition, group, at }, parked, event);
  if ('refusal' in resolution) return refuse(transaction, resolution.refusal);
  if ('change' in resolution) return apply(move, resolution.change);
  if (parked?.isAcknowledged) return absorb(transaction);
  const state = { ...transaction.state, parked: resolution.noticed };
  return settle(
    { ...move, transaction: { ...transaction, state } },
    'parked',
    [],
    NOTHING_PRODUCED,
  );
}

function resolveOutput(move: Move, reply: unknown): Result {
  try {
    return finishWith(unparked(move), toJson(reply ?? null), NOTHING_PRODUCED);
  } catch {
    return refuse(move.transaction, 'the reply given as the output is no JSON value');
  }
}
