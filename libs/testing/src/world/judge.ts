import {
  isAnswer,
  parseStepName,
  type Direction,
  type HistoryEntry,
  type OutgoingCommand,
  type SagaDefinition,
  type SagaState,
  type SagaTransaction,
} from '@skald/core';
import { asText } from './as-text.js';
import { promise } from './ledger.js';
import type { SagaMachine } from './machine.js';
import type { Store } from './store.js';

const OPERATORS = /^(cancel|retry|skip|resolve)-requested$/;

/** Looks at every commit and every command of a world, and throws `Violation` when a promise breaks. */
export class Judge {
  private readonly bodies = new Map<string, string>();
  /** Steps whose refusal the coordinator took notice of. */
  private readonly refused = new Set<string>();
  private retries = 0;

  constructor(
    private readonly machine: SagaMachine,
    private readonly saga: SagaDefinition,
    private readonly store: () => Store<SagaDefinition, SagaState>,
  ) {}

  tookRefusal(step: string): void {
    this.refused.add(step);
  }

  onSend({ step, direction, attempt, body, maxAttempts }: OutgoingCommand): void {
    const name = nameOf(step, direction);
    const known = this.bodies.get(name);
    if (known === undefined) this.onFirst(name, body);
    else promise(known === body, `S6: every attempt of ${name} sends the same bytes`);
    this.checkDecision(step, direction);
    const budget = maxAttempts * (1 + this.retries);
    promise(attempt <= budget, `S7: ${name} is asked at most ${budget} times, not ${attempt}`);
    const wasRefused = direction === 'compensation' && this.refused.has(step);
    promise(!wasRefused, `S2: the rejected step ${step} is not compensated`);
  }

  /** S11: a decision is told only when it is durable. */
  private checkDecision(step: string, direction: Direction): void {
    if (direction !== 'commit' && direction !== 'abort') return;
    const { decision } = this.machine.inquire(this.saga, this.store().load(), step);
    promise(decision === direction, `S11: ${direction} of ${step} is told, it is ${decision}`);
  }

  private onFirst(name: string, body: string): void {
    const { requests } = this.store().load().payloads;
    const isDurable = requests[name.replace('/bar', '/action')] === body;
    promise(isDurable, `${name} leaves only after it was committed`);
    this.bodies.set(name, body);
  }

  onCommit(before: SagaTransaction, next: SagaTransaction, entry: HistoryEntry): void {
    const isEnded = before.status === 'completed' || before.status === 'compensated';
    promise(!isEnded, `S1: ${before.status} is an end, ${entry.type} does not move it`);
    if (entry.type === 'retry-requested') this.retries++;
    if (before.status === 'parked') {
      promise(OPERATORS.test(entry.type), `S10: ${entry.type} does not move a parked saga`);
    } else if (next.status === 'parked') {
      promise(next.state.parked !== null, 'S10: a parked saga tells why');
    }
    const hasFailed = next.status === 'completed' && next.state.failure !== null;
    promise(!hasFailed, 'S12: what was given up is undone, not completed');
    this.checkAttempt(before, entry);
    const isOpen = next.status === 'running' || next.status === 'compensating';
    const waits = this.machine.pendingCommands(this.saga, next).length > 0;
    promise(!isOpen || waits, `S9: a saga that is ${next.status} waits for a command`);
    this.checkReplay(next);
  }

  /** S5: a failure or a time-out counts only for the attempt it belongs to. */
  private checkAttempt(before: SagaTransaction, entry: HistoryEntry): void {
    const isFailure =
      entry.type === 'timed-out' ||
      (isAnswer(entry.type) && entry.data.includes('"outcome":"failed"'));
    if (!isFailure) return;
    const pending = this.machine.pendingCommands(this.saga, before);
    const counts = pending.some((command) => isOf(command, entry));
    const attempt = String(entry.attempt);
    promise(counts, `S5: ${entry.type} of attempt ${attempt} counts for no other`);
  }

  private checkReplay(next: SagaTransaction): void {
    const { id, definition } = next;
    const stored = this.store();
    const replayed = this.machine.replay(this.saga, { id, definition }, stored.history);
    promise(asText(replayed) === asText(next), 'replay of the history gives the row');
    promise(asText(stored.load()) === asText(next), 'what is stored gives what was committed');
  }
}

/** What shares one request: all that a branch is told before it is undone, in any round. */
function nameOf(step: string, direction: Direction): string {
  const { branch } = parseStepName(step) ?? {};
  if (branch == null) return `${step}/${direction}`;
  return `${branch}/${direction === 'compensation' ? direction : 'prepare'}`;
}

function isOf(command: OutgoingCommand, { step, direction, attempt }: HistoryEntry): boolean {
  return command.step === step && command.direction === direction && command.attempt === attempt;
}
