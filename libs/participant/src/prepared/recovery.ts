/**
 * Finds out what became of transactions that are prepared here and of which nothing was heard.
 *
 * B16 Only `commit` and `abort` from the coordinator finish a prepared transaction. Silence, errors and
 *     `undecided` are asked again, `unknown` is kept and alarmed: it is never taken for an abort. Gids of
 *     other databases and other coordinators are never touched.
 */
import { Logger } from '@nestjs/common';
import { NotNow } from '../errors.js';
import { Periodic } from '../periodic.js';
import type { Answer, DecisionClient } from './decision-client.js';
import { rowOf, type InDoubt, type Overview, type Seen } from './in-doubt.js';
import type { PreparedBarrier } from './prepared-barrier.js';

export interface RecoveryOptions {
  readonly inDoubt: InDoubt;
  readonly barrier: PreparedBarrier;
  readonly coordinator: Pick<DecisionClient, 'ask'>;
  readonly recoveryIntervalMs: number;
  /** Younger ones are left alone: their decision is most likely on its way. Milliseconds. */
  readonly graceMs: number;
}

/** Questions to the coordinator at the same time. */
const AT_ONCE = 4;
const ALARM_AGE_MS = 30_000;
const ALARM_AGAIN_MS = 60_000;
const MAX_RETRY_AFTER_MS = 60_000;

interface Doubt {
  /** Not asked before that, by the process's clock. */
  askAt: number;
  isUnknown: boolean;
  alarmedAt: number;
}

export class Recovery {
  private readonly logger = new Logger('SkaldRecovery');
  private readonly stopping = new AbortController();
  private readonly periodic: Periodic;
  private readonly doubts = new Map<string, Doubt>();
  private seen: (Overview & { readonly at: number }) | undefined;
  private trouble: string | undefined;
  /** What an earlier process left is in doubt from the first moment on. */
  private graceMs = 0;

  constructor(private readonly options: RecoveryOptions) {
    this.periodic = new Periodic({
      name: 'recovery of prepared transactions',
      everyMs: options.recoveryIntervalMs,
      run: () => this.round(),
    });
  }

  /** Begins, and waits for nobody: the coordinator may start later than we do. */
  start(): void {
    void this.periodic.start();
  }

  /** Questions under way are given up. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.periodic.stop();
  }

  /** What an operator should know, one sentence each. */
  reasons(): string[] {
    if (!this.seen) return [];
    const { used, maxPrepared, items, at } = this.seen;
    const ageMs = (items[0]?.ageMs ?? 0) + performance.now() - at;
    const old = items.filter((item) => item.ageMs > ALARM_AGE_MS).length;
    const unknown = [...this.doubts.values()].filter(({ isUnknown }) => isUnknown).length;
    return [
      ...(used > maxPrepared / 2
        ? [`prepared: ${used} of at most ${maxPrepared} transactions of the server`]
        : []),
      ...(old > 0
        ? [`prepared: ${old} transactions for over 30 s, one for ${Math.round(ageMs / 1_000)} s`]
        : []),
      ...(unknown > 0 ? [`prepared: ${unknown} transactions the coordinator does not know`] : []),
    ];
  }

  /** One round: looks, asks, finishes what is decided. */
  async round(): Promise<void> {
    const { graceMs } = this;
    this.graceMs = this.options.graceMs;
    const overview = await this.options.inDoubt.overview();
    this.seen = { ...overview, at: performance.now() };
    this.forgetOthers(overview.items);
    const due = overview.items.filter(({ gid, ageMs }) => {
      const askAt = this.doubts.get(gid)?.askAt ?? 0;
      return ageMs >= graceMs && askAt <= performance.now();
    });
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.work(due)));
  }

  private async work(due: Seen[]): Promise<void> {
    for (let next = due.shift(); next; next = due.shift()) {
      const answer = await this.ask(next);
      if (answer) await this.follow(next, answer);
      // Who does not answer for one does not answer for the others.
      else due.length = 0;
    }
  }

  private async ask(branch: Seen): Promise<Answer | undefined> {
    try {
      const answer = await this.options.coordinator.ask(branch, this.stopping.signal);
      this.trouble = undefined;
      return answer;
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      if (trouble !== this.trouble && !this.stopping.signal.aborted) {
        this.logger.warn({
          message: 'the coordinator tells no decision',
          gid: branch.gid,
          trouble,
        });
      }
      this.trouble = trouble;
      return undefined;
    }
  }

  private async follow(branch: Seen, { decision, retryAfterMs }: Answer): Promise<void> {
    const { barrier } = this.options;
    const row = rowOf(branch, branch.gid);
    if (decision === 'commit' || decision === 'abort') {
      try {
        await (decision === 'commit' ? barrier.commit(row) : barrier.abort(row));
        this.logger.log({ message: 'recovered', gid: branch.gid, decision });
      } catch (error) {
        if (!(error instanceof NotNow)) throw error;
        this.logger.warn({ message: 'not recovered yet', gid: branch.gid, error: error.message });
      }
      return;
    }
    const known = this.doubts.get(branch.gid);
    const doubt: Doubt = {
      askAt: performance.now() + Math.min(retryAfterMs, MAX_RETRY_AFTER_MS),
      isUnknown: decision === 'unknown',
      alarmedAt: known?.alarmedAt ?? -Infinity,
    };
    this.doubts.set(branch.gid, doubt);
    if (doubt.isUnknown) this.alarm(branch, doubt);
  }

  private alarm({ gid, ageMs }: Seen, doubt: Doubt): void {
    if (performance.now() - doubt.alarmedAt < ALARM_AGAIN_MS) return;
    doubt.alarmedAt = performance.now();
    const message = 'a prepared transaction is unknown to the coordinator: it is kept for a human';
    this.logger.error({ message, gid, ageMs: Math.round(ageMs) });
  }

  private forgetOthers(items: readonly Seen[]): void {
    const gids = new Set(items.map(({ gid }) => gid));
    for (const gid of this.doubts.keys()) if (!gids.has(gid)) this.doubts.delete(gid);
  }
}
