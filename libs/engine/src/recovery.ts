import type { DatabaseClock } from './clock.js';
import type { EngineLimits } from './options.js';
import type { Log } from './ports/log.js';
import {
  StoreError,
  type Incarnation,
  type StoredTransaction,
  type TransactionStore,
} from './ports/store.js';

export interface RecoveryOptions {
  readonly store: TransactionStore;
  readonly clock: DatabaseClock;
  readonly limits: EngineLimits;
  readonly log: Log;
  /** How many more transactions fit into memory. */
  readonly room: () => number;
  /** Participants whose sleepers are better left asleep. */
  readonly unreachable: () => readonly string[];
  readonly adopt: (stored: readonly StoredTransaction[]) => void;
}

const CLAIM_LIMIT = 500;

/**
 * Heartbeats, and taking over what nobody works on.
 *
 * E8  An instance judges others only after its own heartbeats succeeded for one full lease: it may be
 *     the one that was away.
 */
export class Recovery {
  private owner: Incarnation = 0;
  private beatingSince: number | null = null;
  private lastBeatAt: number | null = null;
  private dead: readonly Incarnation[] = [];
  private isStopped = false;
  private timers: NodeJS.Timeout[] = [];
  private running: Promise<void>[] = [];

  constructor(private readonly options: RecoveryOptions) {}

  /** Ms since the last heartbeat that succeeded. */
  get silentMs(): number {
    return this.lastBeatAt === null ? 0 : this.options.clock.ticks() - this.lastBeatAt;
  }

  /** The first heartbeat also sets the clock. */
  async start(owner: Incarnation): Promise<void> {
    this.owner = owner;
    const { leaseMs, pollMs } = this.options.limits;
    await this.beat();
    this.every(leaseMs / 5, () => this.beat());
    this.every(pollMs, () => this.wake());
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    for (const timer of this.timers) clearTimeout(timer);
    await Promise.all(this.running);
  }

  /** Repeats `work` with pauses of `ms` in between; trouble with the store ends only that round. */
  private every(ms: number, work: () => Promise<void>): void {
    const slot = this.timers.length;
    const round = async () => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        this.options.log.warn('the store did not answer', { error: error.message });
      }
      if (!this.isStopped) this.timers[slot] = setTimeout(go, ms);
    };
    const go = () => void (this.running[slot] = round());
    this.timers[slot] = setTimeout(go, ms);
  }

  private async beat(): Promise<void> {
    const { store, clock, limits } = this.options;
    const askedAt = clock.ticks();
    try {
      const { now, dead } = await store.heartbeat(this.owner, limits.leaseMs);
      const ticks = clock.ticks();
      clock.sync(now, askedAt);
      const isFresh = this.lastBeatAt !== null && ticks - this.lastBeatAt < limits.leaseMs;
      this.beatingSince = isFresh ? (this.beatingSince ?? ticks) : ticks;
      this.lastBeatAt = ticks;
      // Claimed by the poll, not here: a long take-over must not hold up the next heartbeat.
      this.dead = ticks - this.beatingSince >= limits.leaseMs ? dead : [];
    } catch (error) {
      this.beatingSince = null;
      throw error;
    }
  }

  private async claimDead(): Promise<void> {
    const { store, room, adopt, log } = this.options;
    while (this.dead.length > 0) {
      const limit = Math.min(CLAIM_LIMIT, room());
      if (limit <= 0 || this.isStopped) return;
      const claimed = await store.claimDead({ owner: this.owner, dead: this.dead, limit });
      if (claimed.length === 0) return;
      log.info('transactions of a dead coordinator were taken over', { rows: claimed.length });
      adopt(claimed);
    }
  }

  private async wake(): Promise<void> {
    await this.claimDead();
    const { store, room, adopt, unreachable } = this.options;
    const limit = Math.min(CLAIM_LIMIT, room());
    if (limit <= 0) return;
    const claimed = await store.claimDue({ owner: this.owner, limit, except: unreachable() });
    if (claimed.length > 0) adopt(claimed);
  }
}
