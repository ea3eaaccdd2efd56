import {
  decisionOfRound,
  isEnded,
  parseStepName,
  type HistoryEntry,
  type OutgoingCommand,
  type TwoPhaseDefinition,
  type TwoPhaseState,
  type TwoPhaseTransaction,
} from '@skald/core';
import { asText } from '../as-text.js';
import { promise } from '../ledger.js';
import type { TwoPhaseMachine } from '../machine.js';
import type { Store } from '../store.js';

const OPERATORS = /^(cancel|retry|skip|resolve)-requested$/;

/** Looks at every commit and every command of a two-phase world, and throws `Violation` when a promise breaks. */
export class TwoPhaseJudge {
  private readonly bodies = new Map<string, string>();
  private readonly decisions = new Map<number, string>();

  constructor(
    private readonly machine: TwoPhaseMachine,
    private readonly definition: TwoPhaseDefinition,
    private readonly store: () => Store<TwoPhaseDefinition, TwoPhaseState>,
  ) {}

  onSend({ step, direction, body }: OutgoingCommand): void {
    const { branch, round } = parseStepName(step) ?? {};
    promise(branch != null && round != null, `${step} names a branch and its round`);
    const known = this.bodies.get(branch ?? '') ?? body;
    promise(known === body, `T8: every command of ${branch ?? ''} carries the same bytes`);
    this.bodies.set(branch ?? '', body);
    const { group } = this.store().load().state;
    if (direction === 'commit' || direction === 'abort') {
      const decided = decisionOfRound(group, round ?? 0);
      promise(decided === direction, `T2: ${direction} of ${step} is told when it is durable`);
    }
    if (direction === 'action')
      promise(group.isDelegated, `T6: ${step} decides when that is durable`);
  }

  onCommit(before: TwoPhaseTransaction, next: TwoPhaseTransaction, entry: HistoryEntry): void {
    promise(
      !isEnded(before.status),
      `T1: ${before.status} is an end, ${entry.type} does not move it`,
    );
    if (before.status === 'parked') {
      promise(OPERATORS.test(entry.type), `T13: ${entry.type} does not move what is parked`);
    }
    const isOpen = !isEnded(next.status) && next.status !== 'parked';
    const waits = this.machine.pendingCommands(this.definition, next).length > 0;
    promise(!isOpen || waits, `T10: what is ${next.status} waits for a command`);
    this.checkDecision(before, next);
    this.checkAttempt(before, entry);
    this.checkReplay(next);
  }

  private checkDecision(
    { state: before }: TwoPhaseTransaction,
    { state }: TwoPhaseTransaction,
  ): void {
    const { group } = state;
    for (let round = 1; round <= group.round; round++) {
      const decision = decisionOfRound(group, round);
      const known = this.decisions.get(round);
      promise(known === undefined || known === decision, `T2: round ${round} was ${known ?? ''}`);
      if (decision !== null) this.decisions.set(round, decision);
    }
    const isYes = ({ vote }: (typeof group.branches)[number]) =>
      vote === 'commit' || vote === 'read-only';
    if (decisionOfRound(group, group.round) === 'commit') {
      promise(group.branches.every(isYes), 'T3: commit needs the yes of every branch');
    }
    const { maxRounds } = this.definition;
    promise(group.round <= maxRounds, `T11: there are at most ${maxRounds} rounds`);
    if (group.round === before.group.round) return;
    // Whoever may hold something had acknowledged its abort, but the one that did so just now.
    const open = before.group.branches.filter(({ resendAt }) => resendAt !== null);
    promise(open.length <= 1, 'T11: another round follows when every abort is acknowledged');
  }

  /** T7: a failure or a time-out counts only for the attempt it belongs to. */
  private checkAttempt({ state }: TwoPhaseTransaction, entry: HistoryEntry): void {
    const isFailure = entry.type === 'timed-out' || entry.data.includes('"outcome":"failed"');
    if (!isFailure || entry.step === null) return;
    const { branch } = parseStepName(entry.step) ?? {};
    const index = this.definition.branches.findIndex(({ name }) => name === branch);
    const { attempt } = state.group.branches[index] ?? {};
    promise(attempt === entry.attempt, `T7: ${entry.type} counts for no attempt but its own`);
  }

  private checkReplay(next: TwoPhaseTransaction): void {
    const { id, definition } = next;
    const stored = this.store();
    const replayed = this.machine.replay(this.definition, { id, definition }, stored.history);
    promise(asText(replayed) === asText(next), 'replay of the history gives the row');
    promise(asText(stored.load()) === asText(next), 'what is stored gives what was committed');
  }
}
