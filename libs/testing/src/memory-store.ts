import type { HistoryEntry, TransactionId } from '@skald/core';
import {
  StoreError,
  type AuditEntry,
  type Claim,
  type Flush,
  type FlushResult,
  type Heartbeat,
  type Incarnation,
  type RowState,
  type Sleep,
  type StartedTransaction,
  type StoredTransaction,
  type TransactionStore,
} from '@skald/engine';

interface Stored {
  readonly started: StartedTransaction;
  row: RowState;
  owner: Incarnation;
  history: HistoryEntry[];
}

interface Member {
  heartbeatAt: number;
  hasLeft: boolean;
}

/** The database of in-memory stores: several may share one, as coordinators do. */
export class MemoryDatabase {
  readonly transactions = new Map<string, Stored>();
  readonly members = new Map<Incarnation, Member>();
  readonly flushes = new Map<string, { started: Set<string>; updated: Set<string> }>();
  readonly audit: AuditEntry[] = [];

  /** @param now the database's clock, ms since the epoch */
  constructor(readonly now: () => number = Date.now) {}
}

/**
 * The store port over maps, for tests: the same promises as PostgreSQL's but durability. Passes
 * `storeConformance`.
 */
export class MemoryStore implements TransactionStore {
  private isClosed = false;

  constructor(readonly database = new MemoryDatabase()) {}

  join(): Promise<Incarnation> {
    return this.answer(({ members, now }) => {
      const incarnation = members.size + 1;
      members.set(incarnation, { heartbeatAt: now(), hasLeft: false });
      return incarnation;
    });
  }

  commit(flush: Flush): Promise<FlushResult> {
    return this.answer(({ transactions, flushes, audit, now }) => {
      const { writer, starts, updates } = flush;
      refuseNul(flush);
      const started = new Set<string>();
      const updated = new Set<string>();
      for (const { started: start, row, history } of starts) {
        if (transactions.has(start.id)) continue;
        const stored = { started: start, row, owner: keeper(row, writer), history: [...history] };
        transactions.set(start.id, stored);
        started.add(start.id);
      }
      for (const update of updates) {
        const stored = transactions.get(update.id);
        if (stored?.row.version !== update.expectedVersion) continue;
        stored.row = update.row;
        stored.owner = keeper(update.row, writer);
        stored.history.push(...update.history);
        if (update.audit) audit.push(update.audit);
        updated.add(update.id);
      }
      flushes.set(`${writer}/${flush.flush}`, { started, updated });
      return { started, updated, now: now() };
    });
  }

  readBack(writer: Incarnation, flush: number): Promise<FlushResult> {
    return this.answer(({ flushes, now }) => {
      const found = flushes.get(`${writer}/${flush}`);
      return { started: new Set(found?.started), updated: new Set(found?.updated), now: now() };
    });
  }

  load(ids: readonly TransactionId[]): Promise<readonly StoredTransaction[]> {
    return this.answer(({ transactions }) =>
      [...new Set(ids)].sort().flatMap((id) => {
        const stored = transactions.get(id);
        return stored ? [copy(stored)] : [];
      }),
    );
  }

  /** Maps keep all for ever. */
  forgotten(): Promise<ReadonlyMap<TransactionId, string>> {
    return this.answer(() => new Map());
  }

  claimDue({ owner, limit, except = [] }: Claim): Promise<readonly StoredTransaction[]> {
    return this.answer(({ transactions, now }) => {
      const due = [...transactions.values()].filter(({ row: { sleep } }) => {
        return sleep !== null && sleep.until <= now() && !except.includes(sleep.waitingFor);
      });
      due.sort((a, b) => (a.row.sleep?.until ?? 0) - (b.row.sleep?.until ?? 0));
      const taken = new Map<string, number>();
      const claimed = due.filter(({ row: { sleep } }) => {
        const participant = sleep?.waitingFor ?? '';
        const count = (taken.get(participant) ?? 0) + 1;
        taken.set(participant, count);
        return count <= limit;
      });
      return claimed.map((stored) => take(stored, owner));
    });
  }

  claimDead({
    owner,
    limit,
    dead,
  }: Claim & { readonly dead: readonly Incarnation[] }): Promise<readonly StoredTransaction[]> {
    return this.answer(({ transactions }) => {
      const inherited = [...transactions.values()].filter(
        (stored) => stored.owner !== owner && isOpen(stored) && dead.includes(stored.owner),
      );
      return inherited.slice(0, limit).map((stored) => take(stored, owner));
    });
  }

  release(
    rows: readonly {
      readonly id: TransactionId;
      readonly version: number;
      readonly sleep: Sleep;
    }[],
  ): Promise<void> {
    return this.answer(({ transactions }) => {
      for (const { id, version, sleep } of rows) {
        const stored = transactions.get(id);
        if (stored?.row.version !== version) continue;
        stored.row = { ...stored.row, version: version + 1, sleep };
        stored.owner = 0;
      }
    });
  }

  heartbeat(owner: Incarnation, leaseMs: number): Promise<Heartbeat> {
    return this.answer(({ members, transactions, now }) => {
      const member = members.get(owner);
      const at = now();
      members.set(owner, { heartbeatAt: at, hasLeft: member?.hasLeft ?? false });
      const keepers = new Set([...transactions.values()].filter(isOpen).map((row) => row.owner));
      const dead = [...members].filter(([incarnation, { heartbeatAt, hasLeft }]) => {
        const isSilent = hasLeft || heartbeatAt < at - leaseMs;
        return isSilent && incarnation !== owner && keepers.has(incarnation);
      });
      return { now: at, dead: dead.map(([incarnation]) => incarnation) };
    });
  }

  leave(owner: Incarnation): Promise<void> {
    return this.answer(({ members }) => {
      const member = members.get(owner);
      if (member) member.hasLeft = true;
    });
  }

  pinnedHashes(name: string, version: number): Promise<readonly string[]> {
    return this.answer(({ transactions }) => {
      const pinned = [...transactions.values()]
        .filter(isOpen)
        .map(({ started }) => started.definition)
        .filter((definition) => definition.name === name && definition.version === version);
      return [...new Set(pinned.map(({ hash }) => hash))];
    });
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  /** Never in the caller's own turn: a database does not answer at once either. */
  private async answer<T>(work: (database: MemoryDatabase) => T): Promise<T> {
    await Promise.resolve();
    if (this.isClosed) throw new StoreError('unavailable', 'the store is closed');
    return work(this.database);
  }
}

/** Nobody keeps what sleeps or is parked. */
function keeper(row: RowState, writer: Incarnation): Incarnation {
  return row.sleep !== null || row.status === 'parked' ? 0 : writer;
}

function isOpen({ row }: Stored): boolean {
  return row.endedAt === null;
}

function take(stored: Stored, owner: Incarnation): StoredTransaction {
  stored.row = { ...stored.row, version: stored.row.version + 1, sleep: null };
  stored.owner = owner;
  return copy(stored);
}

function copy({ started, row, owner, history }: Stored): StoredTransaction {
  return { started, row, owner, history: history.filter((entry) => entry.carriesPayload) };
}

/** PostgreSQL has no U+0000 in its texts; the whole flush fails for it. */
function refuseNul({ starts, updates }: Flush): void {
  const texts = [...starts, ...updates].flatMap(({ row, history }) => [
    row.state,
    ...history.flatMap(({ data, produced }) => [data, produced ?? '']),
  ]);
  if (texts.some((text) => text.includes('\0'))) {
    throw new StoreError('data', 'a text contains U+0000');
  }
}
