import { CoordinatorError, type PreparedItem, type Resolved, type ResolveOrder } from '@skald/core';
import type { Log } from '../ports/log.js';
import {
  ParticipantSilent,
  type KnownReport,
  type PreparedSource,
  type PreparedStore,
} from '../ports/prepared.js';
import { StoreError } from '../ports/store.js';

export interface InDoubtOptions {
  /** Of two that speak for one participant the first is asked. */
  readonly sources: readonly PreparedSource[];
  readonly store: PreparedStore;
  readonly log: Log;
  /** How often each participant is asked, by whichever instance. Default 5,000. */
  readonly everyMs?: number;
  /** Prepared for so long: a warning. Default 30,000. */
  readonly alarmAfterMs?: number;
  /** Prepared for so long: an error, for somebody to be called. Default 120,000. */
  readonly pageAfterMs?: number;
  /** Share of a server's `max_prepared_transactions` beyond which is warned. Default 0.5. */
  readonly alarmShare?: number;
}

type Alarm = 'none' | 'alarm' | 'page';

/** How old it is now: what it was when it was reported, and what went by since. */
export function ageOf({ seenMsAgo }: KnownReport, { ageMs }: PreparedItem): number {
  return ageMs + seenMsAgo;
}

/**
 * Looks again and again at what participants have prepared: those that hold locks for a transaction that
 * does not come to an end are seen although they say nothing by themselves. Every instance runs one; they
 * share the work and what is known.
 */
export class InDoubtWatch {
  private readonly options: Required<InDoubtOptions>;
  private readonly sourceOf = new Map<string, PreparedSource>();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private isStopped = false;
  /** What was told of each already, by gid or participant. */
  private readonly told = new Map<string, Alarm>();

  constructor(options: InDoubtOptions) {
    const defaults = {
      everyMs: 5_000,
      alarmAfterMs: 30_000,
      pageAfterMs: 120_000,
      alarmShare: 0.5,
    };
    this.options = { ...defaults, ...options };
    for (const source of options.sources) {
      for (const participant of source.participants) {
        if (!this.sourceOf.has(participant)) this.sourceOf.set(participant, source);
      }
    }
  }

  start(): void {
    this.after(0);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.looking;
  }

  /**
   * Has a participant finish one prepared transaction, whatever was decided.
   *
   * @throws CoordinatorError PARTICIPANT_UNREACHABLE, ROUTE_NOT_FOUND when nobody of that name can be told.
   */
  async resolve(participant: string, order: ResolveOrder): Promise<Resolved | 'sent' | undefined> {
    const source = this.sourceOf.get(participant);
    if (!source) {
      const detail = `no participant ${participant} can be told: see SKALD_PARTICIPANTS and SKALD_SECRET`;
      throw new CoordinatorError('ROUTE_NOT_FOUND', detail);
    }
    try {
      const resolved = await source.resolve(participant, order);
      await this.ask(participant);
      return resolved;
    } catch (error) {
      if (!(error instanceof ParticipantSilent)) throw error;
      const detail = `${participant} gave no answer (${error.trouble}); look again before you repeat it`;
      throw new CoordinatorError('PARTICIPANT_UNREACHABLE', detail, { cause: error });
    }
  }

  private after(ms: number): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      // A part of the interval: another instance may have been first, and dies.
      this.looking = this.look().then(() => this.after(this.options.everyMs / 5));
    }, ms);
  }

  private async look(): Promise<void> {
    const { store, everyMs, log } = this.options;
    try {
      const turns = await store.turns([...this.sourceOf.keys()], everyMs);
      await Promise.all(turns.map((participant) => this.ask(participant)));
      if (turns.length > 0) this.raiseAlarms(await store.reports());
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log.warn('it could not be looked at what is prepared', { error: error.message });
    }
  }

  private async ask(participant: string): Promise<void> {
    const { store } = this.options;
    try {
      const report = await this.sourceOf.get(participant)?.ask(participant);
      // Nobody is believed who speaks of another's.
      if (report?.participant === participant) await store.record(report);
    } catch (error) {
      if (!(error instanceof ParticipantSilent)) throw error;
      await store.recordSilence(participant, error.trouble);
    }
  }

  private raiseAlarms(reports: readonly KnownReport[]): void {
    const seen = new Set<string>();
    for (const known of reports) {
      const { report, participant } = known;
      if (!report) continue;
      seen.add(participant);
      this.raiseShare(participant, report);
      for (const item of report.items) {
        seen.add(item.gid);
        this.raiseAge(known, item);
      }
    }
    for (const key of this.told.keys()) if (!seen.has(key)) this.told.delete(key);
  }

  private raiseShare(
    participant: string,
    { used, maxPrepared }: { readonly used: number; readonly maxPrepared: number },
  ): void {
    const isFull = maxPrepared > 0 && used / maxPrepared > this.options.alarmShare;
    if (!this.isNews(participant, isFull ? 'alarm' : 'none') || !isFull) return;
    this.options.log.warn('prepared transactions fill a server', {
      participant,
      used,
      maxPrepared,
    });
  }

  private raiseAge(known: KnownReport, item: PreparedItem): void {
    const { alarmAfterMs, pageAfterMs, log } = this.options;
    const ageMs = Math.round(ageOf(known, item));
    const alarm = ageMs >= pageAfterMs ? 'page' : ageMs >= alarmAfterMs ? 'alarm' : 'none';
    if (!this.isNews(item.gid, alarm) || alarm === 'none') return;
    const { gid, transaction, step } = item;
    const locks = item.locks.length;
    const fields = { participant: known.participant, gid, transaction, step, ageMs, locks };
    log[alarm === 'page' ? 'error' : 'warn']('a prepared transaction is in doubt', fields);
  }

  private isNews(key: string, alarm: Alarm): boolean {
    const before = this.told.get(key) ?? 'none';
    this.told.set(key, alarm);
    return before !== alarm;
  }
}
