import {
  asTransactionId,
  participant,
  saga,
  start,
  toHistory,
  transition,
  type Event,
  type HistoryEntry,
  type Reply,
  type SagaTransaction,
  type TransactionId,
} from '@skald/core';
import type { Snapshot } from '@skald/engine';
import { z } from 'zod';

const Ref = z.object({ orderId: z.string() });
const stock = participant('stock', {
  hold: { request: Ref, reply: z.object({ holdId: z.string() }) },
  free: { request: Ref, reply: z.object({}) },
});
const bank = participant('bank', {
  charge: { request: Ref, reply: z.object({ chargeId: z.string() }) },
  notify: { request: Ref, reply: z.object({}) },
});
const ref = ({ transaction }: { transaction: { id: string } }) => ({ orderId: transaction.id });

/** Hold, charge (the pivot), notify; short budgets of attempts. */
export const buy = saga('buy', { version: 3, input: z.object({ sku: z.string() }) })
  .compensatable('hold', {
    action: [stock.hold, ref],
    compensation: [stock.free, ref],
    retry: { maxAttempts: 2, initialMs: 100 },
    compensationRetry: { maxAttempts: 2, initialMs: 100 },
  })
  .pivot('charge', { action: [bank.charge, ref] })
  .retriable('notify', { action: [bank.notify, ref] })
  .output(({ replies }) => ({ chargeId: replies['charge'].chargeId }))
  .build();

export const ID = asTransactionId('0198c0de-0000-7000-8000-000000000001') as TransactionId;
const BEGAN = Date.UTC(2026, 10, 22, 10);

/** A saga that really went through the machine, with its history; each event a second after the last. */
export class Story {
  readonly history: HistoryEntry[] = [];
  private transaction: SagaTransaction;
  private now = BEGAN;

  constructor() {
    const definition = { name: buy.name, version: buy.version, hash: 'h' };
    const request = { id: ID, definition, input: { sku: 'W' }, at: BEGAN };
    const { next, produced } = start(buy, request);
    this.transaction = next;
    const blank = toHistory({ type: 'deadline-passed', at: BEGAN }, { ...next, produced });
    const data = JSON.stringify({ input: { sku: 'W' }, deadline: next.deadline });
    this.history.push({ ...blank, type: 'started', data, carriesPayload: true });
  }

  replied(step: string, reply: Reply, direction: 'action' | 'compensation' = 'action'): this {
    const attempt = this.transaction.state.pending[0]?.attempt ?? 1;
    return this.happens({ type: 'reply-received', step, direction, attempt, reply, entropy: 0.5 });
  }

  timedOut(step: string, direction: 'action' | 'compensation' = 'action'): this {
    const attempt = this.transaction.state.pending[0]?.attempt ?? 1;
    return this.happens({ type: 'timed-out', step, direction, attempt, entropy: 0.5 });
  }

  happens(event: Event extends infer E ? (E extends Event ? Omit<E, 'at'> : never) : never): this {
    this.now += 1_000;
    const stamped = { ...event, at: this.now } as Event;
    const { next, produced } = transition(buy, this.transaction, stamped);
    if (next === this.transaction) return this;
    this.history.push(toHistory(stamped, { ...next, produced }));
    this.transaction = next;
    return this;
  }

  /** Seconds after the start, as the API writes them. */
  static at(seconds: number): string {
    return new Date(BEGAN + seconds * 1_000).toISOString();
  }

  /** Ms since the epoch. */
  static ms(seconds: number): number {
    return BEGAN + seconds * 1_000;
  }

  snapshot(definition: Snapshot['definition'] = buy): Snapshot {
    const { transaction } = this;
    return {
      started: {
        id: ID,
        protocol: 'saga',
        definition: transaction.definition,
        startedAt: transaction.startedAt,
        deadline: transaction.deadline,
        labels: { shop: 'eu' },
        requestHash: 'r',
        startedBy: 'local',
      },
      transaction,
      definition,
      owner: 4,
      dueAt: transaction.state.pending[0]?.resendAt ?? null,
    };
  }
}
