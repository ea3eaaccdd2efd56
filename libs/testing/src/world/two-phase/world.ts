import {
  answerTypeOf,
  asTransactionId,
  decisionOfRound,
  toStarted,
  type Event,
  type HistoryEntry,
  type OutgoingCommand,
  type Reply,
  type Status,
  type TransactionId,
  type TwoPhaseDefinition,
  type TwoPhaseState,
  type TwoPhaseTransaction,
} from '@skald/core';
import type { Coordinator } from '../coordinator.js';
import { twoPhaseOf, type Deployed } from '../definition.js';
import { promise } from '../ledger.js';
import { Mortality } from '../mortality.js';
import type { Store } from '../store.js';
import { TwoPhaseJudge } from './judge.js';
import { Participants, type BranchNature } from './participants.js';
import { SHIPPED_TWO_PHASE_PARTS, type TwoPhaseParts } from './parts.js';

export interface TwoPhaseSetting {
  readonly branches: readonly BranchNature[];
  readonly maxRounds: number;
  readonly maxAttempts: number;
  /** Commands wait for handlers at work. Else they are told to come again, which takes a timer. */
  readonly isPatient: boolean;
}

interface ByCoordinator {
  readonly by: number;
  /** Whoever is at work dies at this moment; there is one before and one after each call of a port. */
  readonly dieAt?: number | undefined;
  /** The n-th call of store or bus fails, and the process lives on. */
  readonly failAt?: number | undefined;
}

type Picked = 'deliver' | 'repeat' | 'inquire' | 'conclude';

/** What somebody does who may die of it. */
type LivingMove = ByCoordinator &
  (
    | { readonly type: Picked; readonly pick: number }
    | { readonly type: 'wake' | 'deadline' | 'cancel' | 'retry' }
  );

const HAPPENING = [
  'lose',
  'stranger',
  'deploy',
  'kill-participant',
  'die',
  'by-hand',
  'forget',
] as const;

function isLiving(move: TwoPhaseMove): move is LivingMove {
  return !HAPPENING.some((type) => type === move.type);
}

/** What no protocol can answer for. */
type Spoiling =
  | { readonly type: 'by-hand'; readonly pick: number; readonly decision: 'commit' | 'abort' }
  | { readonly type: 'forget'; readonly pick: number };

/** One thing that happens. */
export type TwoPhaseMove =
  | LivingMove
  | { readonly type: 'die'; readonly by: number }
  | { readonly type: 'lose' | 'kill-participant' | 'stranger'; readonly pick: number }
  | Spoiling
  | { readonly type: 'deploy'; readonly works: boolean };

type Message = { readonly number: number } & (
  { readonly command: OutgoingCommand } | { readonly event: Event }
);

type Decider = Coordinator<TwoPhaseDefinition, TwoPhaseState>;

/** A round that no setting reaches. */
const NEVER = 99;

const ID = asTransactionId('00000000-0000-4000-8000-000000000004') as TransactionId;

/**
 * Two coordinators and the participants of one two-phase transaction over a network that loses, repeats
 * and reorders messages; see `World`, whose younger sister it is. Prepared transactions and reservations
 * are those of `branch.ts`; what they hold and what they did is told by `BranchLedger` alone.
 */
export class TwoPhaseWorld {
  readonly definition: TwoPhaseDefinition;
  readonly participants: Participants;
  private readonly deployed: Deployed = { isBroken: false, build: 1 };
  private readonly judge: TwoPhaseJudge;
  private readonly store: Store<TwoPhaseDefinition, TwoPhaseState>;
  private readonly coordinators: readonly Decider[];
  private readonly mortality = new Mortality();
  private readonly everSent: OutgoingCommand[] = [];
  private inFlight: Message[] = [];
  private messages = 0;
  private now = 1;

  constructor(
    setting: TwoPhaseSetting,
    private readonly parts: TwoPhaseParts = SHIPPED_TWO_PHASE_PARTS,
  ) {
    const { machine } = parts;
    const { branches, isPatient, ...limits } = setting;
    this.definition = twoPhaseOf({ branches: branches.length, ...limits }, this.deployed);
    const natures = this.definition.branches.map(({ name }, index) => [name, branches[index]]);
    this.participants = new Participants(new Map(natures as [string, BranchNature][]), parts, {
      answer: (command, reply) => this.answer(command, reply),
      moment: () => this.mortality.moment(),
      isPatient,
    });
    const pinned = { name: this.definition.name, version: 1, hash: '' };
    const request = { id: ID, definition: pinned, input: {}, at: this.now };
    const { next, produced } = machine.start(this.definition, request);
    const { version, status, deadline } = next;
    const entry = toStarted({ input: {}, deadline }, { at: this.now, version, status, produced });
    this.store = new parts.Store(machine, this.definition, { transaction: next, entry });
    this.judge = new TwoPhaseJudge(machine, this.definition, () => this.store);
    const ports = this.ports();
    this.coordinators = [0, 1].map(() => new parts.Coordinator(machine, this.definition, ports));
    this.coordinators[0]?.wake(this.now, 0); // Its recovery is what sends the prepares.
  }

  get status(): Status {
    return this.store.load().status;
  }

  get isSettled(): boolean {
    return /^(committed|aborted|parked)$/.test(this.status);
  }

  play(move: TwoPhaseMove): void {
    this.now++;
    if (isLiving(move)) this.living(move);
    else this.happen(move);
  }

  /** Whatever is under way arrives, in this order, and handlers come to their end; no timer helps. */
  drain(by = 0): void {
    for (let message = this.pick(0); message; message = this.pick(0)) {
      this.now++;
      this.arrive(message, this.coordinatorOf({ by }));
      if (this.inFlight.length === 0) this.participants.concludeAll();
    }
  }

  /**
   * Ends the faults: everybody is well, everything arrives, timers fire and a human retries what is
   * parked. The transaction must end, and stay ended with the effects that its end tells, whatever
   * straggles in: AC5.
   */
  heal(): void {
    this.participants.heal();
    this.calm();
    for (let tries = 0; this.status === 'parked' && tries < 10; tries++) {
      this.play({ type: 'retry', by: 0 });
      this.calm();
    }
    const { status } = this;
    const isEnded = status === 'committed' || status === 'aborted';
    promise(isEnded, `AC5: once the faults are over it ends: ${status}`);
    for (const command of this.everSent) this.participants.handle(command);
    this.participants.concludeAll();
    this.drain(1);
    for (const step of this.participants.prepared())
      this.inquire(step, this.coordinatorOf({ by: 1 }));
    promise(this.status === status, 'T1: an end is an end');
    this.participants.ledger.judge(status);
  }

  /**
   * Ends the faults where humans or backups interfered: what contradicts the decision is never told as a
   * success, and all others follow the decision (T12).
   */
  reckon(): void {
    this.participants.heal();
    this.calm();
    const { status, state } = this.store.load();
    const { round } = state.group;
    const decision = decisionOfRound(state.group, round);
    promise(decision !== null && this.isSettled, `AC5: it ends or parks: ${status}`);
    if (decision === null) return;
    const isContradicted = this.participants.ledger.isContradicted(round, decision);
    const isMixed = status === 'parked' && state.parked?.reason === 'heuristic-mixed';
    promise(isMixed === isContradicted, `T12: ${status}, contradicted: ${isContradicted}`);
    this.participants.ledger.judgeSpoilt(round, decision);
  }

  private calm(): void {
    this.deployed.isBroken = false;
    for (let round = 0; round < 60; round++) {
      this.participants.concludeAll();
      this.drain();
      if (this.isSettled) return;
      this.play({ type: 'wake', by: round });
    }
  }

  private happen(move: Exclude<TwoPhaseMove, LivingMove>): void {
    switch (move.type) {
      case 'lose':
        this.drop(this.pick(move.pick)?.number);
        return;
      case 'deploy':
        this.deployed.isBroken = !move.works;
        this.deployed.build++;
        return;
      case 'kill-participant':
        this.participants.die(`b${move.pick % this.definition.branches.length}`);
        return;
      case 'die':
        this.coordinatorOf(move).die();
        return;
      case 'stranger':
        this.inFlight.push({ number: ++this.messages, event: this.wordOfStranger(move.pick) });
        return;
      case 'by-hand':
      case 'forget':
        this.spoil(move);
    }
  }

  /**
   * Somebody who is no branch, or of a round that never comes, says yes to all that may be asked. A word
   * for the round to come would be believed once it has come, late as it is: that is forgery, not chaos.
   */
  private wordOfStranger(pick: number): Event {
    const { round } = this.store.load().state.group;
    const direction = (['prepare', 'commit', 'abort'] as const)[pick % 3] ?? 'prepare';
    const step = pick % 2 === 0 ? `stranger.${round}` : `b0.${NEVER}`;
    const reply: Reply = { outcome: 'succeeded', reply: {}, vote: 'commit' };
    const type = answerTypeOf(direction);
    return { type, at: this.now, entropy: 0.5, step, direction, attempt: 1, reply };
  }

  private spoil(move: Spoiling): void {
    const held = this.participants.held();
    const step = held[move.pick % Math.max(held.length, 1)];
    if (step === undefined) return;
    if (move.type === 'forget') this.participants.forget(step);
    else this.participants.finishByHand(step, move.decision);
  }

  private living(move: LivingMove): void {
    const coordinator = this.coordinatorOf(move);
    const hasDied = this.mortality.during(move, () => this.act(move, coordinator));
    if (hasDied) coordinator.die();
  }

  private act(move: LivingMove, coordinator: Decider): void {
    const asked = { at: this.now, by: 'operator', reason: 'because' };
    switch (move.type) {
      case 'deliver':
      case 'repeat': {
        const message = this.pick(move.pick);
        if (message) this.arrive(message, coordinator, move.type === 'repeat');
        return;
      }
      case 'conclude':
        this.participants.conclude(move.pick);
        return;
      case 'inquire': {
        const prepared = this.participants.prepared();
        const step = prepared[move.pick % Math.max(prepared.length, 1)];
        if (step !== undefined) this.inquire(step, coordinator);
        return;
      }
      case 'wake':
        coordinator.wake(this.now, 0.5);
        return;
      case 'deadline':
        this.now = Math.max(this.now, this.store.load().deadline);
        coordinator.decide({ type: 'deadline-passed', at: this.now });
        return;
      case 'cancel':
        coordinator.decide({ type: 'cancel-requested', ...asked });
        return;
      case 'retry':
        coordinator.decide({ type: 'retry-requested', ...asked });
    }
  }

  private inquire(step: string, coordinator: Decider): void {
    const asked = {
      load: () => this.store.load(),
      giveUp: (at: number) => void coordinator.decide({ type: 'deadline-passed', at }),
    };
    const decision = this.parts.inquire(asked, step, this.now);
    if (decision !== 'undecided') this.participants.resolve(step, decision);
  }

  private arrive(message: Message, coordinator: Decider, isRepeated = false): void {
    if ('command' in message) {
      if (!isRepeated) this.drop(message.number);
      this.participants.handle(message.command);
      return;
    }
    if (isRepeated) this.inFlight.push({ ...message, number: ++this.messages });
    coordinator.receive(message.number, message.event);
  }

  private answer({ step, direction, attempt }: OutgoingCommand, reply: Reply): void {
    const at = this.now;
    const type = answerTypeOf(direction);
    const event = { type, at, entropy: 0.5, step, direction, attempt, reply } as Event;
    this.inFlight.push({ number: ++this.messages, event });
  }

  private ports() {
    const { mortality } = this;
    return {
      load: () => mortality.fallible(() => this.store.load()),
      commit: (expectedVersion: number, next: TwoPhaseTransaction, entry: HistoryEntry) =>
        mortality.fallible(() => {
          const before = this.store.load();
          const won = this.store.commit(expectedVersion, next, entry);
          if (won) this.judge.onCommit(before, next, entry);
          if (won) this.participants.ledger.judge(next.status);
          return won;
        }),
      send: (command: OutgoingCommand) =>
        mortality.passing(() => {
          this.judge.onSend(command);
          this.everSent.push(command);
          this.inFlight.push({ number: ++this.messages, command });
        }),
      acknowledge: (message: number) =>
        mortality.fallible(() => {
          this.drop(message);
        }),
    };
  }

  private coordinatorOf({ by }: { readonly by: number }): Decider {
    return this.coordinators[by % this.coordinators.length] as Decider;
  }

  private pick(index: number): Message | undefined {
    return this.inFlight[index % Math.max(this.inFlight.length, 1)];
  }

  private drop(number: number | undefined): void {
    this.inFlight = this.inFlight.filter((message) => message.number !== number);
  }
}
