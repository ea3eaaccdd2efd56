import { isEnded, toStarted, validate, type Definition, type TransactionId } from '@skald/core';
import type {
  BeginRequest,
  Begun,
  Coordinator,
  DecisionAnswer,
  EngineHealth,
  Order,
  OrderOptions,
  ParticipantSnapshot,
  Preview,
  Snapshot,
} from './api.js';
import { Catalogue } from './catalogue.js';
import { DatabaseClock } from './clock.js';
import { Dispatcher } from './dispatcher.js';
import { GroupCommit, storeUnavailable } from './group-commit.js';
import { decodeStored, dueAtOf, Live, type Work } from './live.js';
import { Inquiries } from './inquiries.js';
import { resolveOptions, type EngineOptions, type ResolvedOptions } from './options.js';
import { machineFor } from './machine.js';
import type { EngineMetrics } from './metrics.js';
import { Outcomes } from './outcomes.js';
import { previewOf } from './preview.js';
import {
  absenceOf,
  DEFINITION_MISSING,
  DefinitionChanged,
  definitionMissing,
  idReused,
  invalidInput,
  overloaded,
  stepOf,
  toStoreUnavailable,
  unknownDefinition,
  within,
} from './problems.js';
import type { Incarnation, StoredTransaction } from './ports/store.js';
import { Recovery } from './recovery.js';
import { Residents } from './residents.js';
import { ReplySink } from './sink.js';
import { StatisticsWriter } from './statistics/statistics-writer.js';
import { longestWait, Timers } from './timers.js';
import { Waiters } from './waiters.js';

/** How often waiters for transactions of other instances are looked after, ms. */
const AWAITED_POLL_MS = 250;

/**
 * The shell around the pure machines: events in, one transition each, group commit, effects after the
 * commit. It can die at any point; what it would have done is derived again from the rows.
 *
 * E9  A command leaves only after the transition that wants it is durable.
 * E10 An accepted start is durable before it is acknowledged; one that is refused wrote nothing.
 */
export class Engine implements Coordinator {
  readonly definitions: Catalogue;
  private readonly options: ResolvedOptions;
  private readonly clock: DatabaseClock;
  private readonly residents: Residents;
  private readonly dispatcher: Dispatcher;
  private readonly commits: GroupCommit;
  private readonly timers: Timers;
  private sink: ReplySink | undefined;
  private readonly recovery: Recovery;
  private readonly inquiries: Inquiries;
  private readonly waiters = new Waiters();
  private readonly statistics: StatisticsWriter;
  private readonly intervals: NodeJS.Timeout[] = [];
  private readonly sought: TransactionId[] = [];
  private owner: Incarnation = 0;
  private state: 'new' | 'running' | 'stopping' = 'new';

  constructor(options: EngineOptions) {
    this.options = resolveOptions(options);
    const { store, log, limits, monotonic, random } = this.options;
    this.definitions = new Catalogue(options.definitions);
    this.clock = new DatabaseClock(monotonic);
    this.residents = new Residents(store, this.definitions);
    this.dispatcher = new Dispatcher(this.options, this.clock);
    this.statistics = new StatisticsWriter(this.options, this.clock);
    const feed = (live: Live, work: Work) => this.feed(live, work);
    const owner = () => this.owner;
    const { residents, dispatcher, clock, waiters } = this;
    const outcomes = new Outcomes({
      engine: this.options,
      residents,
      dispatcher,
      clock,
      waiters,
      statistics: this.statistics,
      owner,
      feed,
      snapshotOf: (stored) => this.snapshotOf(stored),
    });
    this.commits = new GroupCommit({
      store,
      log,
      clock: this.clock,
      maxBatch: limits.maxBatch,
      sleepAfterMs: limits.sleepAfterMs,
      onCommitted: (decided) => outcomes.onCommitted(decided),
      onAbsorbed: (decided) => outcomes.onAbsorbed(decided),
      onLost: (decided) => outcomes.onLost(decided),
      onRefusedData: (decided, error) => outcomes.onRefusedData(decided, error),
      onUncertain: (decided) => outcomes.onUncertain(decided),
      onHeldUp: (live) => outcomes.onHeldUp(live),
      onNotStored: (decided) => outcomes.onNotStored(decided),
      onFlushed: () => this.dispatcher.flush(),
    });
    this.timers = new Timers({
      residents,
      dispatcher,
      clock,
      limits,
      random,
      feed,
      owner,
      isHeldUp: () => this.commits.isUncertain,
    });
    this.inquiries = new Inquiries({ residents, clock, feed, owner, find: (id) => this.find(id) });
    this.recovery = new Recovery({
      store,
      clock,
      limits,
      log,
      room: () => limits.maxInFlight - this.residents.size,
      unreachable: () => this.dispatcher.unreachable(),
      adopt: (stored) => this.adopt(stored),
    });
  }

  async start(): Promise<void> {
    const { store, name, transports, limits } = this.options;
    this.owner = await store.join(name);
    this.commits.begin(this.owner);
    await this.recovery.start(this.owner);
    await this.checkPinned();
    const { residents, dispatcher, clock } = this;
    const { log, random, addDeadLetter, recordPrepared } = this.options;
    const feed = (live: Live, work: Work) => this.feed(live, work);
    const recording = { addDeadLetter, recordPrepared };
    this.sink = new ReplySink({ residents, dispatcher, clock, log, random, feed, ...recording });
    const { sink } = this;
    await Promise.all(Object.values(transports).map((transport) => transport.start(sink)));
    this.intervals.push(setInterval(() => this.timers.tick(), limits.tickMs));
    this.intervals.push(setInterval(() => this.lookForAwaited(), AWAITED_POLL_MS));
    this.statistics.start(this.owner);
    this.state = 'running';
  }

  async stop(): Promise<void> {
    if (this.state === 'stopping') return;
    this.state = 'stopping';
    for (const interval of this.intervals) clearInterval(interval);
    const { transports, limits, store } = this.options;
    // Answers to what is under way still arrive and are stored; nothing new is sent for them.
    await Promise.all(Object.values(transports).map((transport) => transport.stop()));
    await within(limits.drainMs, this.commits.drained());
    this.sink?.stop();
    this.commits.stop();
    await this.statistics.stop();
    await this.recovery.stop();
    this.waiters.releaseAll();
    if (this.owner > 0) await store.leave(this.owner).catch(() => undefined);
  }

  now(): number {
    return this.clock.now();
  }

  begin(request: BeginRequest): Promise<Begun> {
    const refusal = this.refusalToBegin();
    if (refusal) return Promise.reject(refusal);
    const known = this.residents.get(request.id);
    if (known) return this.beginAgain(known, request);
    const registered = this.definitions.find(request.definition, request.definitionVersion);
    if (!registered) return Promise.reject(unknownDefinition(request));
    const { definition, hash } = registered;
    const checked = validate(definition.input, request.input);
    if (!checked.ok) return Promise.reject(invalidInput(checked.errors));
    const live = this.newLive(request, { definition, hash, input: checked.value });
    return new Promise((resolve, reject) => {
      const onDone = (begun: Live) => {
        const isNew = begun === live;
        if (isNew || begun.started.requestHash === request.requestHash) {
          resolve({ isNew, snapshot: begun.snapshot() });
        } else reject(idReused(request.id));
      };
      live.queue.push({ onDone, onError: reject });
      this.residents.add(live);
      this.commits.enqueue(live);
    });
  }

  async find(id: TransactionId): Promise<Snapshot> {
    const stored = await this.read(id);
    return this.snapshotOf(stored);
  }

  snapshotOf(stored: StoredTransaction): Snapshot {
    const { name, version, hash } = stored.started.definition;
    const registered = this.definitions.find(name, version);
    const definition = registered?.hash === hash ? registered.definition : undefined;
    const transaction = decodeStored(stored, definition);
    const { started, owner } = stored;
    const dueAt = dueAtOf(machineFor(started.protocol), transaction);
    return { started, transaction, definition, owner, dueAt };
  }

  async waitForEnd(id: TransactionId, timeoutMs: number): Promise<Snapshot | undefined> {
    const ended = this.waiters.wait(id, timeoutMs);
    const live = this.residents.get(id);
    // Not here: it may have ended already, or belong to another instance.
    if (!live || (!live.isOpen && !live.isStarting)) this.lookForSoon(id);
    return ended;
  }

  order(id: TransactionId, order: Order, options: OrderOptions = {}): Promise<Snapshot> {
    return new Promise((resolve, reject) => {
      const onDone = (live: Live) => resolve(live.snapshot());
      this.residents.lookUp(
        id,
        (live, stored) => {
          if (!live) {
            if (stored) reject(definitionMissing(stored));
            else void absenceOf(this.options.store, id).then(reject);
            return;
          }
          const step = stepOf(live, order);
          const event = { ...order, ...step, at: this.clock.now() };
          this.feed(live, { event, isAudited: true, onDone, onError: reject, ...options });
        },
        (error) => reject(toStoreUnavailable(error)),
      );
    });
  }

  decide(id: TransactionId, step: string): Promise<DecisionAnswer> {
    return this.inquiries.answer(id, step);
  }

  async preview(id: TransactionId, order: Order): Promise<Preview> {
    const stored = await this.read(id);
    const { definition, transaction } = this.snapshotOf(stored);
    if (!definition) throw definitionMissing(stored);
    return previewOf(definition, transaction, { ...order, at: this.clock.now() });
  }

  participants(): readonly ParticipantSnapshot[] {
    return this.dispatcher.snapshots();
  }

  health(): EngineHealth {
    const faults: string[] = [];
    if (this.state !== 'running') faults.push(`the coordinator is ${this.state}`);
    if (this.commits.isUncertain) faults.push('store: the outcome of a commit is not known yet');
    const silentMs = Math.round(this.recovery.silentMs);
    if (silentMs > this.options.limits.leaseMs)
      faults.push(`store: no heartbeat for ${silentMs} ms`);
    const transports = Object.entries(this.options.transports);
    const healths = transports.map(([name, transport]) => ({ name, ...transport.health() }));
    // A participant that is down is named, but it is no reason to send callers elsewhere.
    const reasons = healths.flatMap(({ name, reasons }) => reasons.map((r) => `${name}: ${r}`));
    return {
      isReady: faults.length === 0 && healths.every(({ isReady }) => isReady),
      reasons: [...faults, ...reasons],
    };
  }

  metrics(): EngineMetrics {
    return {
      inMemory: this.residents.size,
      maxInMemory: this.options.limits.maxInFlight,
      remembered: this.residents.remembered,
      queued: this.commits.queued,
      waiters: this.waiters.size,
      flushes: { ...this.commits.counts },
      definitions: this.statistics.totals.all(),
      participants: this.dispatcher.counts(),
    };
  }

  private async checkPinned(): Promise<void> {
    for (const { definition, hash } of this.definitions.all()) {
      const pinned = await this.options.store.pinnedHashes(definition.name, definition.version);
      if (pinned.every((other) => other === hash)) continue;
      throw new DefinitionChanged(definition);
    }
  }

  private refusalToBegin(): Error | undefined {
    if (this.state !== 'running') return overloaded('the coordinator is not running');
    if (this.commits.isUncertain) return storeUnavailable();
    if (this.residents.size < this.options.limits.maxInFlight) return undefined;
    return overloaded(`${this.residents.size} transactions are under way`);
  }

  private newLive(
    request: BeginRequest,
    { definition, hash, input }: { definition: Definition; hash: string; input: unknown },
  ): Live {
    const { id, labels, requestHash, startedBy, deadline } = request;
    const { name, version, protocol } = definition;
    const at = this.clock.now();
    const pinned = { name, version, hash };
    const machine = machineFor(protocol);
    const until = deadline === undefined ? {} : { deadline };
    const begun = machine.start(definition, { id, definition: pinned, input, at, ...until });
    const transaction = begun.next;
    const started = {
      id,
      protocol,
      definition: pinned,
      startedAt: at,
      deadline: transaction.deadline,
      labels,
      requestHash,
      startedBy,
    };
    const live = new Live(started, definition, transaction, this.owner);
    live.isStarting = true;
    if (request.isAwaited) live.keepHistory();
    const { version: row, status } = transaction;
    const asked = { input: request.input, deadline: transaction.deadline };
    live.startEntry = toStarted(asked, { at, version: row, status, produced: begun.produced });
    return live;
  }

  /** The id is under way here: the same request again waits for the same commit. */
  private beginAgain(live: Live, request: BeginRequest): Promise<Begun> {
    if (live.started.requestHash !== request.requestHash)
      return Promise.reject(idReused(request.id));
    if (!live.isStarting) return Promise.resolve({ isNew: false, snapshot: live.snapshot() });
    return new Promise((resolve, reject) => {
      live.startedAgain.push({
        onDone: () => resolve({ isNew: false, snapshot: live.snapshot() }),
        onError: reject,
      });
    });
  }

  private feed(live: Live, work: Work): void {
    live.queue.push(work);
    this.commits.enqueue(live);
  }

  /** Rows that were taken over: everything they wait for is asked once more, at once (E6). */
  private adopt(claimed: readonly StoredTransaction[]): void {
    const missing: StoredTransaction[] = [];
    const ticks = this.clock.ticks();
    for (const stored of claimed) {
      const resident = this.residents.get(stored.started.id);
      if (resident) this.residents.remove(resident);
      const live = this.residents.adopt(stored);
      if (!live) {
        missing.push(stored);
        continue;
      }
      live.graceUntil = ticks + longestWait(live);
      for (const command of live.commands()) {
        live.askAgain(command);
        this.dispatcher.submit(command);
      }
    }
    this.dispatcher.flush();
    if (missing.length > 0) this.releaseMissing(missing);
  }

  /** For an instance that has the definition: the row stays due, and no attempt counts. */
  private releaseMissing(missing: readonly StoredTransaction[]): void {
    const until = this.clock.now() + this.options.limits.sleepAfterMs;
    const rows = missing.map(({ started, row }) => {
      const { name, version } = started.definition;
      const waitingFor = `${DEFINITION_MISSING}:${name}@${version}`;
      return { id: started.id, version: row.version, sleep: { waitingFor, until } };
    });
    this.options.log.warn('transactions wait for a definition that is not here', {
      rows: rows.length,
    });
    this.options.store.release(rows).catch((error: unknown) => {
      this.options.log.warn('rows could not be released', { error: String(error) });
    });
  }

  /** Those that callers begin to wait for in one turn are looked up together. */
  private lookForSoon(id: TransactionId): void {
    this.sought.push(id);
    if (this.sought.length === 1) setImmediate(() => this.lookFor(this.sought.splice(0)));
  }

  private lookForAwaited(): void {
    const elsewhere = this.waiters.awaited().filter((id) => !this.residents.get(id));
    if (elsewhere.length > 0) this.lookFor(elsewhere);
  }

  private lookFor(ids: readonly TransactionId[]): void {
    this.options.store.load(ids).then(
      (rows) => {
        for (const stored of rows) {
          const { status } = stored.row;
          const isSettled = isEnded(status) || status === 'parked';
          if (isSettled) this.waiters.resolve(stored.started.id, this.snapshotOf(stored));
        }
      },
      (error: unknown) => {
        this.options.log.debug('waiters could not be looked after', { error: String(error) });
      },
    );
  }

  private async read(id: TransactionId): Promise<StoredTransaction> {
    const [stored] = await this.options.store.load([id]).catch((error: unknown) => {
      throw toStoreUnavailable(error);
    });
    if (!stored) throw await absenceOf(this.options.store, id);
    return stored;
  }
}
