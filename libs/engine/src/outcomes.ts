import { CoordinatorError, type OutgoingCommand } from '@skald/core';
import type { Snapshot } from './api.js';
import type { DatabaseClock } from './clock.js';
import type { Decided, Sent } from './decide.js';
import type { Dispatcher } from './dispatcher.js';
import { storeUnavailable } from './group-commit.js';
import { Live, type Work } from './live.js';
import type { ResolvedOptions } from './options.js';
import { absenceOf, idReused, toStoreUnavailable } from './problems.js';
import type { StoredTransaction, StoreError } from './ports/store.js';
import type { Residents } from './residents.js';
import type { Statistics } from './statistics/statistics.js';
import type { Waiters } from './waiters.js';

export interface OutcomesOptions {
  readonly engine: ResolvedOptions;
  readonly residents: Residents;
  readonly dispatcher: Dispatcher;
  readonly waiters: Waiters;
  readonly statistics: Statistics;
  readonly clock: DatabaseClock;
  /** This instance. */
  readonly owner: () => number;
  readonly feed: (live: Live, work: Work) => void;
  readonly snapshotOf: (stored: StoredTransaction) => Snapshot;
}

/** What follows from a group commit, for each way it can end. */
export class Outcomes {
  constructor(private readonly options: OutcomesOptions) {}

  onCommitted(decided: Decided): void {
    const { live, works, sends, alarm, sleep, start } = decided;
    const asked = live.commands();
    const { isOpen: wasOpen } = live;
    moveOn(decided);
    this.forgetAll(live, asked);
    live.owner = this.options.owner();
    if (start) this.onStarted(live);
    this.settleRefused(decided);
    if (alarm !== undefined) this.raise(live, alarm);
    for (const { onDone } of works) onDone?.(live);
    if (sends.length > 0) this.send(live, sends);
    if (!live.isOpen) this.onSettled(live);
    else if (sleep && live.queue.length === 0) this.options.residents.remove(live);
    this.options.statistics.committed(live.transaction, { wasOpen, isStart: start !== undefined });
  }

  private raise(live: Live, alarm: string): void {
    const { id, definition } = live.started;
    this.options.engine.log.error(alarm, { transaction: id, definition: definition.name });
  }

  /** A cancel or the deadline leaves commands behind that were sent and not answered. */
  private forgetAll(live: Live, asked: readonly OutgoingCommand[]): void {
    const kept = live.isOpen ? live.commands() : [];
    for (const command of asked) {
      if (!kept.some((other) => isSame(other, command))) this.options.dispatcher.forget(command);
    }
  }

  /** E9: what the transition wants sent leaves now that it is durable. */
  private send(live: Live, sends: readonly Sent[]): void {
    const { dispatcher, engine } = this.options;
    for (const command of live.commands()) {
      if (!sends.some((sent) => isSame(sent, command))) continue;
      if (dispatcher.submit(command)) continue;
      engine.log.error('no transport reaches this participant', {
        participant: command.participant,
      });
    }
  }

  private onStarted(live: Live): void {
    live.isStarting = false;
    live.startEntry = undefined;
    for (const { onDone } of live.startedAgain.splice(0)) onDone?.(live);
  }

  /** Ended or parked: it leaves the memory, and whoever waits for it is told. */
  private onSettled(live: Live): void {
    this.options.waiters.resolve(live.transaction.id, live.snapshot());
    if (live.queue.length === 0) this.options.residents.remove(live);
  }

  onAbsorbed(decided: Decided): void {
    const { live, works } = decided;
    this.settleRefused(decided);
    for (const { onDone } of works) onDone?.(live);
    this.dismissIfOnlyAsked(live);
  }

  /** It has ended, or another instance works on it: it was here only to be asked. */
  private dismissIfOnlyAsked(live: Live): void {
    const isForeign = live.owner !== this.options.owner();
    if ((!live.isOpen || isForeign) && live.queue.length === 0) this.options.residents.remove(live);
  }

  private settleRefused({ refused }: Decided): void {
    for (const { work, error, audit } of refused) {
      if (!audit) work.onError?.(error);
      else {
        this.options.engine
          .recordAudit(audit)
          .then(() => work.onError?.(error))
          .catch((cause: unknown) => work.onError?.(toStoreUnavailable(cause)));
      }
    }
  }

  /** E2: the row moved under us. What was decided is decided again on what it is now. */
  onLost(decided: Decided): void {
    const { live } = decided;
    const isStart = decided.start !== undefined;
    const works = [...decided.works, ...live.queue.splice(0)];
    this.options.residents.remove(live);
    for (const command of live.commands()) this.options.dispatcher.forget(command);
    this.options.residents.lookUp(
      live.started.id,
      (fresh, stored) => {
        if (isStart) this.onStartLost(live, works, { fresh, stored });
        else if (fresh) for (const work of works) this.options.feed(fresh, work);
        else void this.tellAbsence(live, works);
      },
      (error) => {
        for (const { onError } of works) onError?.(toStoreUnavailable(error));
      },
    );
    this.settleRefused(decided);
  }

  /**
   * The id exists already: the same start again, or somebody else's. It may have been taken over from a
   * dead instance in the meantime; then it is `fresh`, and nothing had to be read.
   */
  private onStartLost(live: Live, works: readonly Work[], { fresh, stored }: Found): void {
    const answers = [...works, ...live.startedAgain.splice(0)];
    const { requestHash, id } = live.started;
    const known = stored ? this.asStored(live, stored) : fresh;
    if (!known) {
      void this.tellAbsence(live, answers, requestHash);
      return;
    }
    if (known.started.requestHash !== requestHash) {
      for (const { onError } of answers) onError?.(idReused(id));
      return;
    }
    for (const { onDone } of answers) onDone?.(known);
    if (known.owner !== this.options.owner() || !known.isOpen) {
      const resident = this.options.residents.get(id);
      if (resident && resident.queue.length === 0) this.options.residents.remove(resident);
    }
  }

  private asStored({ definition }: Live, stored: StoredTransaction): Live {
    const { transaction } = this.options.snapshotOf(stored);
    return new Live(stored.started, definition, transaction, stored.owner);
  }

  /** Its row is gone, or its id was used by one whose retention is over. */
  private async tellAbsence(
    live: Live,
    works: readonly Pick<Work, 'onError'>[],
    requestHash?: string,
  ): Promise<void> {
    const { store } = this.options.engine;
    const absence = await absenceOf(store, live.started.id, requestHash);
    for (const { onError } of works) onError?.(absence);
  }

  /** One transaction's data cannot be stored: it is parked by a commit without them. */
  onRefusedData(decided: Decided, error: StoreError): void {
    const { live, works } = decided;
    this.options.engine.log.error('the database refused the data of a transaction', {
      transaction: live.started.id,
      error: error.message,
    });
    if (decided.start) {
      this.options.residents.remove(live);
      const refusal = new CoordinatorError('REQUEST_INVALID', 'the request cannot be stored', {
        errors: [{ pointer: '/input', detail: 'expected text that a database can store' }],
      });
      tellAll(live, works, refusal);
      return;
    }
    this.settleRefused(decided);
    const detail = 'the database refused what this event brought';
    const at = this.options.clock.now();
    const event = { type: 'park-requested', reason: 'protocol-error', detail, at } as const;
    const onDone = () => {
      for (const work of works) work.onDone?.(live);
    };
    live.queue.unshift({ event, onDone });
  }

  onUncertain({ live, works }: Decided): void {
    tellAll(live, works, storeUnavailable());
  }

  /** What callers want is not kept for later: they give up, or ask again. What is to be decided anyhow is. */
  onHeldUp(live: Live): boolean {
    const works = live.queue.splice(0);
    tellAll(live, works, storeUnavailable());
    if (live.isStarting) {
      this.options.residents.remove(live);
      return false;
    }
    live.queue.push(...works.filter(({ onError }) => !onError));
    this.dismissIfOnlyAsked(live);
    return live.queue.length > 0;
  }

  onNotStored(decided: Decided): void {
    const { live, works } = decided;
    this.settleRefused(decided);
    if (decided.start) {
      this.options.residents.remove(live); // Its caller was told that it may try again.
      return;
    }
    live.queue.unshift(...works.filter(({ onError }) => !onError));
  }
}

/** Everybody who waits for these hears the same, those who started the same again included. */
function tellAll(live: Live, works: readonly Work[], error: CoordinatorError): void {
  for (const { onError } of [...works, ...live.startedAgain.splice(0)]) onError?.(error);
}

/** What a look-up came to: in memory already, or read. */
interface Found {
  readonly fresh: Live | undefined;
  readonly stored: StoredTransaction | undefined;
}

/** It is now what was stored. An act that was only audited moved the version, and nothing else. */
function moveOn({ live, next, start, update }: Decided): void {
  const version = update?.row.version ?? next.version;
  live.transaction = version === next.version ? next : { ...next, version };
  live.tell((start ?? update)?.history ?? []);
}

/** Of two of one transaction. */
function isSame(one: Sent, other: Sent): boolean {
  return one.step === other.step && one.direction === other.direction;
}
