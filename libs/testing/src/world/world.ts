import {
  answerTypeOf,
  asTransactionId,
  parseStepName,
  toStarted,
  type AnswerEvent,
  type HistoryEntry,
  type OutgoingCommand,
  type Reply,
  type SagaDefinition,
  type SagaState,
  type SagaTransaction,
  type Status,
  type TransactionId,
} from '@skald/core';
import type { Barrier } from './barrier.js';
import { Branches } from './branches.js';
import type { Coordinator } from './coordinator.js';
import { sagaOf, type Deployed, type Shape } from './definition.js';
import { Judge } from './judge.js';
import { Ledger, promise } from './ledger.js';
import { Mortality } from './mortality.js';
import { SHIPPED_PARTS, type Parts } from './parts.js';
import type { Store } from './store.js';

/** How a handler behaves: its first runs fail, the next refuse, all later ones succeed. */
export interface Nature {
  readonly fails: number;
  readonly refuses: number;
}

export interface Setting {
  readonly shape: Shape;
  /** By step, or branch of an atomic one; one without succeeds at once. */
  readonly actions: readonly Nature[];
  readonly compensations: readonly Nature[];
}

interface ByCoordinator {
  readonly by: number;
  /** It dies at this moment; there is one before and one after each port call. */
  readonly dieAt?: number | undefined;
  /** The n-th call of store or bus fails, and the process lives on. */
  readonly failAt?: number | undefined;
}

/** One thing that happens. */
export type Move =
  | (ByCoordinator & { readonly type: 'deliver' | 'repeat'; readonly pick: number })
  | (ByCoordinator & { readonly type: 'ask'; readonly pick: number; readonly isLate: boolean })
  | (ByCoordinator & { readonly type: 'wake' | 'deadline' | 'cancel' | 'retry' })
  | { readonly type: 'die'; readonly by: number }
  | { readonly type: 'lose'; readonly pick: number }
  | { readonly type: 'deploy'; readonly works: boolean };

type Message = { readonly number: number } & (
  { readonly command: OutgoingCommand } | { readonly event: AnswerEvent }
);

type Decider = Coordinator<SagaDefinition, SagaState>;

const ID = asTransactionId('00000000-0000-4000-8000-000000000002') as TransactionId;

/**
 * Two coordinators and the participants of one saga over a network that loses, repeats and reorders
 * messages. Nothing here is asynchronous or random: a test picks every next move, so a failing run is a
 * list of moves that plays again exactly. Promises are judged at every commit, command and effect;
 * `Violation` names the one that broke.
 */
export class World {
  readonly saga: SagaDefinition;
  private readonly deployed: Deployed = { isBroken: false, build: 1 };
  private readonly ledger = new Ledger();
  private readonly judge: Judge;
  private readonly store: Store<SagaDefinition, SagaState>;
  private readonly coordinators: readonly Decider[];
  private readonly barriers = new Map<string, Barrier>();
  private readonly branches = new Branches();
  /** Names of steps, and of branches in place of an atomic one, in order. */
  private readonly units: readonly string[];
  private readonly runs = new Map<string, number>();
  private readonly everSent: OutgoingCommand[] = [];
  private inFlight: Message[] = [];
  private messages = 0;
  private now = 1;
  private isHealed = false;
  private readonly mortality = new Mortality();

  constructor(
    private readonly setting: Setting,
    private readonly parts: Parts = SHIPPED_PARTS,
  ) {
    const { machine } = parts;
    this.saga = sagaOf(setting.shape, this.deployed);
    this.units = this.saga.steps.flatMap(
      ({ name, group }) => group?.branches.map((branch) => branch.name) ?? [name],
    );
    const definition = { name: this.saga.name, version: 1, hash: '' };
    const begun = machine.start(this.saga, { id: ID, definition, input: {}, at: this.now });
    const { version, status, deadline } = begun.next;
    const { produced } = begun;
    const entry = toStarted({ input: {}, deadline }, { at: this.now, version, status, produced });
    this.store = new parts.Store(machine, this.saga, { transaction: begun.next, entry });
    this.judge = new Judge(machine, this.saga, () => this.store);
    const ports = this.ports();
    this.coordinators = [0, 1].map(() => new parts.Coordinator(machine, this.saga, ports));
    this.coordinators[0]?.wake(this.now, 0); // Its recovery is what sends the first command.
  }

  get status(): Status {
    return this.store.load().status;
  }

  play(move: Move): void {
    this.now++;
    if (move.type === 'lose') {
      this.drop(this.pick(move.pick)?.number);
    } else if (move.type === 'deploy') {
      this.deployed.isBroken = !move.works;
      this.deployed.build++;
    } else {
      this.living(move, () => {
        this.act(move);
      });
    }
  }

  /** Whatever is under way arrives, in this order; no timer helps and nothing is lost. */
  drain(by = 0): void {
    for (let message = this.pick(0); message; message = this.pick(0)) {
      this.now++;
      this.arrive(message, this.coordinatorOf({ by }));
    }
  }

  /**
   * Ends the faults: everybody is well, everything arrives, timers fire and a human retries what is
   * parked. The saga must end, and stay ended with the effects that its end tells, whatever straggles in.
   */
  heal(): void {
    this.calm();
    promise(this.isSettled, `once the faults are over the saga ends or parks: ${this.status}`);
    for (let tries = 0; this.status === 'parked' && tries < 10; tries++) {
      this.play({ type: 'retry', by: 0 });
      this.calm();
    }
    const { status } = this;
    promise(/^comp/.test(status) && this.isSettled, `a retried saga ends, it is ${status}`);
    for (const command of this.everSent) this.handle(command);
    this.drain(1);
    promise(this.status === status, 'an end is an end');
    promise(this.branches.held.length === 0, `S11: nothing is left prepared: ${status}`);
    this.ledger.judge(status, this.units.length);
  }

  get isSettled(): boolean {
    return /^(completed|compensated|parked)$/.test(this.status);
  }

  private calm(): void {
    this.isHealed = true;
    this.deployed.isBroken = false;
    for (let round = 0; round < 40; round++) {
      this.drain();
      if (this.isSettled) return;
      this.play({ type: 'wake', by: round });
    }
  }

  private act(move: Extract<Move, ByCoordinator>): void {
    const coordinator = this.coordinatorOf(move);
    const at = this.now;
    const asked = { at, by: 'operator', reason: 'because' };
    switch (move.type) {
      case 'deliver':
      case 'repeat': {
        const message = this.pick(move.pick);
        if (message) this.arrive(message, coordinator, move.type === 'repeat');
        return;
      }
      case 'wake':
        coordinator.wake(at, 0.5);
        return;
      case 'deadline':
        coordinator.decide({ type: 'deadline-passed', at: this.store.load().deadline });
        return;
      case 'ask':
        this.ask(move, coordinator);
        return;
      case 'cancel':
        coordinator.decide({ type: 'cancel-requested', ...asked });
        return;
      case 'retry':
        coordinator.decide({ type: 'retry-requested', ...asked });
        return;
      case 'die':
        coordinator.die();
    }
  }

  private arrive(message: Message, coordinator: Decider, isRepeated = false): void {
    if ('command' in message) {
      if (!isRepeated) this.drop(message.number);
      this.handle(message.command);
      return;
    }
    const { event, number } = message;
    const { outcome } = event.reply;
    const again = { ...message, number: ++this.messages };
    if (isRepeated) this.inFlight.push(again);
    const moved = coordinator.receive(number, event);
    const isNo = outcome === 'rejected' || outcome === 'barred';
    if (moved && isNo && event.direction !== 'compensation') this.judge.tookRefusal(event.step);
  }

  /** One command at its participant; its reply goes on its way. */
  private handle(command: OutgoingCommand): void {
    const { step, direction, attempt } = command;
    const { branch } = parseStepName(step) ?? {};
    const index = this.units.indexOf(branch ?? step);
    const reply = branch == null ? this.handleStep(command, index) : this.tell(command, index);
    const type = answerTypeOf(direction);
    const event = { type, at: this.now, entropy: 0.5, step, direction, attempt, reply };
    this.inFlight.push({ number: ++this.messages, event });
  }

  private tell(command: OutgoingCommand, index: number): Reply {
    const { reply, effect } = this.branches.handle(command, () => this.run(command, index));
    if (effect === 'apply') this.ledger.apply(index);
    if (effect === 'undo') this.ledger.undo(index);
    const isUndone = command.direction === 'compensation' && reply.outcome === 'succeeded';
    if (isUndone) this.ledger.close(index);
    return reply;
  }

  /** A participant that waits for a decision asks, and does what it is told. */
  private ask({ pick, isLate }: Extract<Move, { type: 'ask' }>, coordinator: Decider): void {
    const { held } = this.branches;
    const step = held[pick % Math.max(held.length, 1)];
    if (step === undefined) return;
    const inquire = () => this.parts.machine.inquire(this.saga, this.store.load(), step);
    const { abortFrom } = inquire();
    const isAborted = isLate && Number.isFinite(abortFrom);
    if (isAborted) coordinator.decide({ type: 'deadline-passed', at: abortFrom });
    const { decision } = inquire();
    if (decision !== 'commit' && decision !== 'abort') return;
    const { effect } = this.branches.decide(step, decision);
    const { branch } = parseStepName(step) ?? {};
    if (effect === 'apply') this.ledger.apply(this.units.indexOf(branch ?? ''));
  }

  private handleStep(command: OutgoingCommand, index: number): Reply {
    const { step, direction, isRefusable } = command;
    const handled = this.parts.handle(
      this.barriers.get(step) ?? {},
      { direction, isRefusable },
      () => this.run(command, index),
    );
    this.barriers.set(step, handled.barrier);
    const { reply, isEffective } = handled;
    if (isEffective && direction === 'action') this.ledger.apply(index);
    if (isEffective && direction === 'compensation') this.ledger.undo(index);
    const isUndone = direction === 'compensation' && reply.outcome === 'succeeded';
    if (isUndone || reply.outcome === 'barred') this.ledger.close(index);
    return reply;
  }

  private run({ step, direction, isRefusable }: OutgoingCommand, index: number): Reply {
    const isUndo = direction === 'compensation';
    const natures = isUndo ? this.setting.compensations : this.setting.actions;
    const { fails, refuses } = natures[index] ?? { fails: 0, refuses: 0 };
    const key = `${step}/${direction}`;
    const run = (this.runs.get(key) ?? 0) + 1;
    this.runs.set(key, run);
    const isRefused = run > fails && run <= fails + refuses;
    if (!this.isHealed && run <= fails) return { outcome: 'failed', reason: 'unavailable' };
    if (isRefused && (isRefusable || !this.isHealed)) return { outcome: 'rejected', reason: 'no' };
    return { outcome: 'succeeded', reply: { run } };
  }

  private ports() {
    return {
      load: () => this.mortality.fallible(() => this.store.load()),
      commit: (expectedVersion: number, next: SagaTransaction, entry: HistoryEntry) =>
        this.mortality.fallible(() => {
          const before = this.store.load();
          const won = this.store.commit(expectedVersion, next, entry);
          if (won) this.judge.onCommit(before, next, entry);
          if (won) this.ledger.judge(next.status, this.units.length);
          return won;
        }),
      send: (command: OutgoingCommand) =>
        this.mortality.passing(() => {
          this.judge.onSend(command);
          this.everSent.push(command);
          this.inFlight.push({ number: ++this.messages, command });
        }),
      acknowledge: (message: number) =>
        this.mortality.fallible(() => {
          this.drop(message);
        }),
    };
  }

  private living(move: ByCoordinator, act: () => void): void {
    if (this.mortality.during(move, act)) this.coordinatorOf(move).die();
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
