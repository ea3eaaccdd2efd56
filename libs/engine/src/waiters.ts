import { TransientMap, type TransactionId } from '@skald/core';
import type { Snapshot } from './api.js';

type Settle = (snapshot: Snapshot | undefined) => void;

/** Callers that wait for the end of a transaction. */
export class Waiters {
  private readonly byId = new TransientMap<TransactionId, Settle[]>();

  /** Resolves with what `resolve` is given, or undefined after `timeoutMs`. */
  wait(id: TransactionId, timeoutMs: number): Promise<Snapshot | undefined> {
    return new Promise((settle) => {
      const timer = setTimeout(() => {
        this.forget(id, once);
        settle(undefined);
      }, timeoutMs);
      const once: Settle = (snapshot) => {
        clearTimeout(timer);
        settle(snapshot);
      };
      const waiting = this.byId.get(id);
      if (waiting) waiting.push(once);
      else this.byId.set(id, [once]);
    });
  }

  isAwaited(id: TransactionId): boolean {
    return this.byId.has(id);
  }

  get size(): number {
    return this.byId.size;
  }

  awaited(): TransactionId[] {
    return [...this.byId.keys()];
  }

  resolve(id: TransactionId, snapshot: Snapshot | undefined): void {
    const waiting = this.byId.get(id);
    if (!waiting) return;
    this.byId.delete(id);
    for (const settle of waiting) settle(snapshot);
  }

  /** Lets everybody go without an answer: the instance stops. */
  releaseAll(): void {
    for (const id of this.awaited()) this.resolve(id, undefined);
  }

  private forget(id: TransactionId, settle: Settle): void {
    const others = this.byId.get(id)?.filter((other) => other !== settle) ?? [];
    if (others.length > 0) this.byId.set(id, others);
    else this.byId.delete(id);
  }
}
