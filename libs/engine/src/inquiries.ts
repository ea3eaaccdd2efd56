import type { Inquiry, TransactionId } from '@skald/core';
import type { DecisionAnswer, Snapshot } from './api.js';
import type { DatabaseClock } from './clock.js';
import type { Live, Work } from './live.js';
import { machineFor } from './machine.js';
import { isAbsent, toStoreUnavailable } from './problems.js';
import type { Residents } from './residents.js';

export interface InquiriesOptions {
  readonly residents: Residents;
  readonly clock: DatabaseClock;
  readonly owner: () => number;
  readonly find: (id: TransactionId) => Promise<Snapshot>;
  readonly feed: (live: Live, work: Work) => void;
}

/** When a participant that is to wait asks again, ms. */
const RETRY_AFTER_MS = 500;

/**
 * Tells participants what was decided over what they prepared.
 *
 * E11 Only what is durable is told. Abort is inserted for nothing but an existing, undecided row past its
 *     prepare deadline, and told once it is stored; that there is no row is `unknown`, never abort.
 */
export class Inquiries {
  constructor(private readonly options: InquiriesOptions) {}

  /** @throws CoordinatorError STORE_UNAVAILABLE. */
  async answer(id: TransactionId, step: string): Promise<DecisionAnswer> {
    const snapshot = await this.look(id);
    if (!snapshot) return toAnswer('unknown');
    const { decision, abortFrom } = inquire(snapshot, step);
    if (abortFrom > this.options.clock.now()) return toAnswer(decision);
    return toAnswer(inquire(await this.abort(id), step).decision);
  }

  /** From memory only what is ours: another instance's is as new as the last look at the store. */
  private async look(id: TransactionId): Promise<Snapshot | undefined> {
    const { residents, owner, find } = this.options;
    const live = residents.get(id);
    if (live && !live.isStarting && live.owner === owner()) return live.snapshot();
    try {
      return await find(id);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** Lets the deadline pass now, and gives what became of the transaction once that is stored. */
  private abort(id: TransactionId): Promise<Snapshot> {
    const { residents, clock, feed, find } = this.options;
    return new Promise((resolve, reject) => {
      residents.lookUp(
        id,
        (live) => {
          if (!live) {
            find(id).then(resolve, reject); // Its definition is not here: for another instance to decide.
            return;
          }
          const event = { type: 'deadline-passed', at: clock.now() } as const;
          feed(live, { event, onDone: (done) => resolve(done.snapshot()), onError: reject });
        },
        (error) => reject(toStoreUnavailable(error)),
      );
    });
  }
}

function inquire({ started, definition, transaction }: Snapshot, step: string): Inquiry {
  return machineFor(started.protocol).inquire(definition, transaction, step);
}

function toAnswer(decision: DecisionAnswer['decision']): DecisionAnswer {
  return { decision, retryAfterMs: RETRY_AFTER_MS };
}
