import {
  absorb,
  isEnded,
  isOperators,
  isUsable,
  knownReason,
  type AnswerEvent,
  type Event,
  type OperatorEvent,
  type Produced,
  type Transition,
} from '../transaction.js';
import { isReply, type Reply } from '../wire/reply.js';
import type { TwoPhaseDefinition } from './define.js';
import { answer, giveUp, type BranchAnswer, type Cause } from './group.js';
import { branchAsked, deadlineCause } from './group-parts.js';
import { apply, park, type Move } from './moves.js';
import { cancel, refuseEnded, resolve, retry, skip } from './operator.js';
import type { TwoPhaseState, TwoPhaseTransaction } from './state.js';

/**
 * Two-phase commit, presumed abort, as a function: all branches prepare in parallel, the decision is
 * fixed, then delivered in parallel until all have acknowledged it.
 *
 * Total over (transaction, event) and free of I/O, clocks and randomness, so a replay of the same events
 * always ends in the same state. Late, repeated and contradicting events are absorbed or recorded,
 * because transports deliver at least once and in any order.
 *
 * T1  An ended transaction absorbs every event.
 * T2  There is one decision in a round. It is part of the row before anyone is told, and never changes.
 * T3  Commit needs the yes (commit or read-only) of every branch, given in this round. A stranger's vote,
 *     a late round's and a repeated one change nothing.
 * T4  Silence is never a yes: the deadline, used-up attempts and a cancel abort, until commit is decided.
 * T5  A decision is told to every branch that may hold something (its vote is commit or unknown), and told
 *     again at the capped backoff until it acknowledges, without a bound; after 20 tries it is in doubt.
 * T6  A single branch decides by itself, which is recorded before it is asked. From then on neither
 *     deadline, cancel nor inquiry aborts: what its participant stored is the decision.
 * T7  Only the answer to what is asked of a branch now counts; all attempts share one outcome, but a
 *     failure counts only for the attempt it belongs to.
 * T8  A request is mapped once. Every attempt, phase and round sends the same bytes.
 * T9  No event, however wrong, makes this function throw.
 * T10 An open transaction waits for at least one command, so that a timer always finds it.
 * T11 Another round begins only for trouble that may pass, after every abort of the one before was
 *     acknowledged, and as often as the definition allows.
 * T12 What contradicts the decision is recorded at its branch; the others are told all the same; then the
 *     transaction is parked, and no word of a human makes it a success.
 * T13 A parked transaction moves only by an operator.
 *
 * `recorded` is for replay alone: what this transition produced when it was first made.
 */
export function transition(
  definition: TwoPhaseDefinition,
  transaction: TwoPhaseTransaction,
  event: Event,
  recorded?: Produced,
): Transition<TwoPhaseState> {
  if (!isUsable(event)) return absorb(transaction); // T9
  if (isEnded(transaction.status)) return refuseEnded(transaction, event); // T1
  const move: Move = { definition, transaction, at: event.at, recorded };
  if (isOperators(event)) return onOperator(move, event);
  if (transaction.status === 'parked') return absorb(transaction); // T13
  switch (event.type) {
    case 'reply-received':
    case 'vote-received':
    case 'decision-acknowledged':
      return onAnswer(move, event, replyIn(event));
    case 'timed-out':
      return onAnswer(move, event, undefined);
    case 'deadline-passed':
      return onDeadline(move);
    case 'park-requested':
      return onParkRequested(move, event);
  }
}

function onOperator(move: Move, event: OperatorEvent): Transition<TwoPhaseState> {
  switch (event.type) {
    case 'cancel-requested':
      return cancel(move, event.reason);
    case 'retry-requested':
      return retry(move);
    case 'skip-requested':
      return skip(move);
    case 'resolve-requested':
      return resolve(move, event);
  }
}

/** What is no reply says nothing: the command is asked again (T9). */
function replyIn({ reply }: AnswerEvent): Reply {
  return isReply(reply) ? reply : { outcome: 'failed', reason: 'protocol-error' };
}

type Answered = AnswerEvent | Extract<Event, { type: 'timed-out' }>;

function onAnswer(move: Move, event: Answered, reply: Reply | undefined) {
  const { transaction } = move;
  const index = branchAsked(move.definition, transaction.state.group, event.step);
  if (index === undefined) return absorb(transaction); // T3
  const { direction, attempt, entropy } = event;
  const what: BranchAnswer = { direction, attempt, entropy, reply };
  const change = answer(groupMove(move), index, what);
  return change ? apply(move, change) : absorb(transaction); // T7
}

function groupMove({ definition, transaction, at }: Move) {
  return { definition, group: transaction.state.group, at };
}

function onDeadline(move: Move) {
  const cause = deadlineCause(move.transaction.state.group);
  const change = giveUp(groupMove(move), cause);
  return change ? apply(move, change) : absorb(move.transaction); // T6
}

/** What nobody was told to commit is better aborted than left to hold locks until a human comes. */
function onParkRequested(move: Move, event: Extract<Event, { type: 'park-requested' }>) {
  const reason = knownReason(event.reason);
  const cause: Cause = { branch: null, outcome: 'failed', reason, detail: event.detail };
  const change = giveUp(groupMove(move), cause);
  return change ? apply(move, change) : park(move, reason, event.detail);
}
