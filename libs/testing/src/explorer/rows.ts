import {
  decisionOfRound,
  isEnded,
  type Event,
  type OutgoingCommand,
  type Transaction,
  type TwoPhaseDefinition,
  type TwoPhaseState,
  type TwoPhaseTransaction,
} from '@skald/core';
import { promise } from '../world/ledger.js';
import type { TwoPhaseMachine } from '../world/machine.js';
import { Interner, type Numbered } from './interner.js';

/** A command as it goes out: all attempts and rows share one object. */
export interface Sent extends Numbered {
  readonly key: string;
  readonly command: OutgoingCommand;
}

/** A state that the row can have. Its version is its number: rows are never told apart by how they came about. */
export interface Row extends Numbered {
  readonly transaction: TwoPhaseTransaction;
  readonly isEnded: boolean;
  readonly pending: readonly Sent[];
}

/** What a transition makes of a row. */
export interface Decided {
  readonly next: Row;
  /** The commands that leave once it is stored. */
  readonly due: readonly Sent[];
}

/** The rows that were met, and what every event made of them: each transition is asked once. */
export class Rows {
  private readonly rows = new Interner<Row>();
  private readonly sent = new Interner<Sent>();
  private readonly decided = new Map<string, Decided | null>();
  private readonly followers = new Set<string>();

  constructor(
    private readonly machine: TwoPhaseMachine,
    private readonly definition: TwoPhaseDefinition,
  ) {}

  of(transaction: Transaction<TwoPhaseState>): Row {
    const { status, state, payloads } = transaction;
    // Which moment it is plays no part, only whether there is one.
    const text = this.machine.encodeState(state).replace(/\d{6,}/g, 'T');
    const key = `${status}${text}${Object.keys(payloads.replies).sort().join()}`;
    return this.rows.get(key, (id) => {
      const own = { ...transaction, version: id };
      const hasEnded = isEnded(status);
      const pending = hasEnded ? [] : this.pendingOf(own);
      return { id, transaction: own, isEnded: hasEnded, pending };
    });
  }

  /** Undefined when the event changes nothing. `key` names the event. */
  decide(row: Row, key: string, event: Event): Decided | undefined {
    const name = `${row.id} ${key}`;
    const known = this.decided.get(name);
    if (known !== undefined) return known ?? undefined;
    const { next, effects } = this.machine.transition(this.definition, row.transaction, event);
    const decided = next === row.transaction ? null : this.after(next, effects.map(keyOf));
    this.decided.set(name, decided);
    return decided ?? undefined;
  }

  private after(transaction: TwoPhaseTransaction, due: readonly string[]): Decided {
    const next = this.of(transaction);
    return { next, due: next.pending.filter(({ key }) => due.includes(key)) };
  }

  /** T1, T2, T3 and T11 as they read for two rows, one stored after the other. @throws Violation */
  checkFollows({ id, transaction }: Row, next: Row): void {
    const pair = `${id} ${next.id}`;
    if (this.followers.has(pair)) return;
    checkDecisions(transaction, next.transaction);
    this.followers.add(pair);
  }

  private pendingOf(transaction: TwoPhaseTransaction): readonly Sent[] {
    return this.machine.pendingCommands(this.definition, transaction).map((command) => {
      const key = keyOf(command);
      return this.sent.get(`${key} ${command.attempt}`, (id) => ({ id, key, command }));
    });
  }
}

function keyOf({ step, direction }: Pick<OutgoingCommand, 'step' | 'direction'>): string {
  return `${step}/${direction}`;
}

function checkDecisions({ state, status }: TwoPhaseTransaction, next: TwoPhaseTransaction): void {
  const { group } = next.state;
  promise(!isEnded(status), `T1: ${status} is an end`);
  for (let round = 1; round <= state.group.round; round++) {
    const before = decisionOfRound(state.group, round);
    const after = decisionOfRound(group, round);
    promise(before === null || before === after, `T2: the decision of round ${round} is fixed`);
  }
  const isYes = ({ vote }: (typeof group.branches)[number]) =>
    vote === 'commit' || vote === 'read-only';
  const isCommitted = decisionOfRound(group, group.round) === 'commit';
  promise(!isCommitted || group.branches.every(isYes), 'T3: commit needs the yes of all');
  const open = state.group.branches.filter(({ resendAt }) => resendAt !== null);
  const isNewRound = group.round > state.group.round;
  promise(!isNewRound || open.length <= 1, 'T11: another round follows acknowledged aborts only');
}
