import type { TransactionId } from '@skald/core';
import type {
  Claim,
  Flush,
  FlushResult,
  Heartbeat,
  Incarnation,
  Sleep,
  StoredTransaction,
  TransactionStore,
} from '@skald/engine';
import { integerArray, textArray, timeArray, uuidArray } from './binary-array.js';
import { toCommit, toFlushResult, type CommitAnswer } from './commit.js';
import { toStored } from './rows.js';
import { Session, type Statement } from './session.js';
import * as statements from './statements.js';
import { toStoreError } from './store-error.js';

export interface PostgresStoreOptions {
  /** postgres://… of the coordinator's database. Not through a pooler that hands out sessions per statement. */
  readonly url: string;
  /** How long a connection may take to come up. Default 3 s. */
  readonly connectTimeoutMs?: number;
  /** How long a statement may take before it counts as failed. Default 5 s. */
  readonly callTimeoutMs?: number;
}

/**
 * Plans are pinned: on a table without statistics the planner would join a batch to the whole table.
 * See DESIGN.md section 5 and explain.spec.ts.
 */
export const PINNED = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  plan_cache_mode: 'force_generic_plan',
  jit: 'off',
};

const PARTITION_CHECK_MS = 6 * 3_600_000;

/**
 * The store on PostgreSQL: a connection each for commits, heartbeats, claims and reads, so that none of
 * them waits for another. Connections come up with the first call, and again after they were lost.
 */
export class PostgresStore implements TransactionStore {
  private readonly commits: Session;
  private readonly heartbeats: Session;
  private readonly claims: Session;
  private readonly reads: Session;
  private name = 'coordinator';
  private claimCount = 0;
  /** Claims of which it is unknown whether they happened. */
  private readonly uncertain = new Set<number>();
  private partitionsCheckedAt = 0;

  constructor({ url, connectTimeoutMs = 3_000, callTimeoutMs = 5_000 }: PostgresStoreOptions) {
    const settings = {
      ...PINNED,
      // Shorter than ours, so that a statement that takes too long ends in the server, too.
      statement_timeout: String(Math.max(1, Math.floor(callTimeoutMs * 0.9))),
      synchronous_commit: 'on',
    };
    const session = (use: string) =>
      new Session({ url, name: `skald ${use}`, settings, connectTimeoutMs, callTimeoutMs });
    this.commits = session('commits');
    this.heartbeats = session('heartbeats');
    this.claims = session('claims');
    this.reads = session('reads');
  }

  async join(name: string): Promise<Incarnation> {
    this.name = name;
    await this.checkPartitions();
    await this.reads.run(statements.FORGET_COORDINATORS, []);
    const [row] = await this.reads.run<{ incarnation: number }>(statements.JOIN, [name]);
    return row?.incarnation ?? 0;
  }

  async commit(flush: Flush): Promise<FlushResult> {
    const { statement, values } = encoded(() => toCommit(flush));
    const [answer] = await this.commits.run<CommitAnswer & object>(statement, values);
    return toFlushResult(flush, answer as CommitAnswer);
  }

  async readBack(writer: Incarnation, flush: number): Promise<FlushResult> {
    const rows = await this.commits.run<{ id: string | null; is_start: boolean; now: number }>(
      statements.READ_BACK,
      [writer, flush],
    );
    const started = new Set<string>();
    const updated = new Set<string>();
    for (const { id, is_start } of rows) if (id !== null && is_start) started.add(id);
    for (const { id } of rows) if (id !== null && !started.has(id)) updated.add(id);
    return { started, updated, now: rows[0]?.now ?? 0 };
  }

  async load(ids: readonly TransactionId[]): Promise<readonly StoredTransaction[]> {
    if (ids.length === 0) return [];
    const wanted = encoded(() => uuidArray([...new Set(ids)]));
    return toStored(await this.reads.run(statements.LOAD, [wanted]));
  }

  async forgotten(ids: readonly TransactionId[]): Promise<ReadonlyMap<TransactionId, string>> {
    const rows = await this.reads.run<{ id: TransactionId; request_hash: string }>(
      statements.FIND_TOMBSTONES,
      [encoded(() => uuidArray(ids))],
    );
    return new Map(rows.map(({ id, request_hash }) => [id, request_hash]));
  }

  claimDue({
    owner,
    limit,
    except = [],
  }: Claim & { readonly except?: readonly string[] }): Promise<readonly StoredTransaction[]> {
    return this.claim(statements.CLAIM_DUE, { owner, limit, choice: textArray(except) });
  }

  claimDead({
    owner,
    limit,
    dead,
  }: Claim & { readonly dead: readonly Incarnation[] }): Promise<readonly StoredTransaction[]> {
    const others = dead.filter((incarnation) => incarnation !== owner);
    return this.claim(statements.CLAIM_DEAD, { owner, limit, choice: integerArray(others) });
  }

  /**
   * A claim whose answer is lost has rows that belong to this incarnation although it knows nothing of
   * them. So each claim leaves its number in its rows, negative to keep it apart from flushes, and the
   * next claim hands out what uncertain ones took.
   */
  private async claim(
    statement: Statement,
    { owner, limit, choice }: Claim & { readonly choice: Buffer },
  ): Promise<readonly StoredTransaction[]> {
    const number = -++this.claimCount;
    try {
      const earlier = [...this.uncertain];
      const ids = await this.claimIds(statement, [owner, number, limit, choice]);
      if (earlier.length > 0) {
        ids.push(...(await this.claimIds(statements.FIND_CLAIMED, [owner, earlier])));
      }
      const stored = await this.load(ids);
      for (const settled of earlier) this.uncertain.delete(settled);
      return stored.filter((transaction) => transaction.owner === owner);
    } catch (error) {
      this.uncertain.add(number);
      throw error;
    }
  }

  private async claimIds(statement: Statement, values: unknown[]): Promise<TransactionId[]> {
    const rows = await this.claims.run<{ id: TransactionId }>(statement, values);
    return rows.map(({ id }) => id);
  }

  async release(
    rows: readonly {
      readonly id: TransactionId;
      readonly version: number;
      readonly sleep: Sleep;
    }[],
  ): Promise<void> {
    if (rows.length === 0) return;
    const sorted = [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
    const values = encoded(() => [
      uuidArray(sorted.map(({ id }) => id)),
      integerArray(sorted.map(({ version }) => version)),
      textArray(sorted.map(({ sleep }) => sleep.waitingFor)),
      timeArray(sorted.map(({ sleep }) => sleep.until)),
    ]);
    await this.claims.run(statements.RELEASE, values);
  }

  async heartbeat(owner: Incarnation, leaseMs: number): Promise<Heartbeat> {
    const [beat] = await this.heartbeats.run<{ now: number; dead: number[] }>(
      statements.HEARTBEAT,
      [owner, this.name, Math.round(leaseMs)],
    );
    if (Date.now() - this.partitionsCheckedAt > PARTITION_CHECK_MS) {
      // The heartbeat counts all the same: without partitions rows go to the default one.
      await this.checkPartitions().catch(() => undefined);
    }
    return { now: beat?.now ?? 0, dead: beat?.dead ?? [] };
  }

  async leave(owner: Incarnation): Promise<void> {
    await this.heartbeats.run(statements.LEAVE, [owner]);
  }

  async pinnedHashes(name: string, version: number): Promise<readonly string[]> {
    const rows = await this.reads.run<{ hash: string }>(statements.PINNED_HASHES, [name, version]);
    return rows.map(({ hash }) => hash);
  }

  async close(): Promise<void> {
    const sessions = [this.commits, this.heartbeats, this.claims, this.reads];
    await Promise.all(sessions.map((session) => session.close()));
  }

  /** History needs partitions ahead of time; until there is one, its rows go to the default partition. */
  private async checkPartitions(): Promise<void> {
    await this.reads.run(statements.CREATE_PARTITIONS, []);
    this.partitionsCheckedAt = Date.now();
  }
}

/** Values that no column can take are the caller's data, as if the database had refused them. */
function encoded<T>(encode: () => T): T {
  try {
    return encode();
  } catch (error) {
    if (error instanceof RangeError) throw toStoreError(error);
    throw error;
  }
}
