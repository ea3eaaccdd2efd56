import { randomBytes } from 'node:crypto';
import { StoreError } from '@skald/engine';
import pg from 'pg';
import { toStoreError } from './store-error.js';

export interface SessionOptions {
  readonly url: string;
  /** What it is for, as pg_stat_activity shows it. */
  readonly name: string;
  /** Settings of the server for this session. */
  readonly settings: Readonly<Record<string, string>>;
  readonly connectTimeoutMs: number;
  /** A call that is not answered by then counts as lost with its connection. */
  readonly callTimeoutMs: number;
}

export interface Statement {
  /** Prepared under this name on each connection. */
  readonly name: string;
  readonly text: string;
}

const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1_000;
const LOST_SESSION_MS = 5_000;
const LOST_SESSION_POLL_MS = 20;

/**
 * One connection that comes back: the next call after a failure connects again, with pauses that grow
 * up to a second. Calls run one after the other, each a database transaction of its own.
 *
 * A connection that was lost may still be at work in the server. The next one is used only when that
 * session is gone, so that what it wrote is visible or never will be.
 */
export class Session {
  private client: pg.Client | undefined;
  private connecting: Promise<pg.Client> | undefined;
  /** The name of the last session that ran statements. */
  private last: string | undefined;
  private failures = 0;
  /** Fulfilled when the calls so far are over. */
  private turn: Promise<void> = Promise.resolve();
  private isClosed = false;

  constructor(private readonly options: SessionOptions) {}

  /** @throws StoreError. After `unavailable` the statement may have had its effect or not. */
  async run<Row extends pg.QueryResultRow>(
    { name, text }: Statement,
    values: unknown[],
  ): Promise<Row[]> {
    const before = this.turn;
    let end: () => void = () => undefined;
    this.turn = new Promise((resolve) => (end = resolve));
    await before;
    try {
      const client = await this.connected();
      return await this.query<Row>(client, { name, text, values });
    } finally {
      end();
    }
  }

  private async query<Row extends pg.QueryResultRow>(
    client: pg.Client,
    config: pg.QueryConfig,
  ): Promise<Row[]> {
    try {
      const result = await this.bounded(client, client.query<Row>(config));
      return result.rows;
    } catch (error) {
      const failure = toStoreError(error);
      if (failure.kind === 'unavailable') this.drop(client);
      throw failure;
    }
  }

  /** Ends it; a call that is under way fails. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.connecting?.catch(() => undefined);
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }

  private async connected(): Promise<pg.Client> {
    if (this.isClosed) throw new StoreError('unavailable', 'the store is closed');
    if (this.client) return this.client;
    this.connecting ??= this.connect().finally(() => {
      this.connecting = undefined;
    });
    try {
      return await this.connecting;
    } catch (error) {
      throw toStoreError(error);
    }
  }

  private async connect(): Promise<pg.Client> {
    if (this.failures > 0) {
      await pause(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.failures, 10)));
    }
    this.failures += 1;
    // Unlike a process id, the name is never used twice: it tells the lost session from any other.
    const token = `${this.options.name} ${randomBytes(8).toString('hex')}`;
    const client = new pg.Client({
      ...connectionConfig(this.options, token),
      connectionTimeoutMillis: this.options.connectTimeoutMs,
      keepAlive: true,
      types: { getTypeParser },
    });
    client.on('error', () => {
      this.drop(client);
    });
    try {
      await client.connect();
      await this.bounded(client, this.outliveLast(client));
    } catch (error) {
      destroy(client);
      throw error;
    }
    this.last = token;
    this.failures = 0;
    this.client = client;
    return client;
  }

  /** Ends the session that was lost before this one and waits until it is gone. */
  private async outliveLast(client: pg.Client): Promise<void> {
    if (this.last === undefined) return;
    const until = Date.now() + LOST_SESSION_MS;
    for (;;) {
      const { rowCount } = await client.query(END_SESSION, [this.last]);
      if (rowCount === 0) return;
      if (Date.now() > until) throw new StoreError('unavailable', 'a lost session does not end');
      await pause(LOST_SESSION_POLL_MS);
    }
  }

  /** A server that is silent must not hold up its callers: the connection is given up. */
  private async bounded<T>(client: pg.Client, answer: Promise<T>): Promise<T> {
    const { callTimeoutMs } = this.options;
    const timer = setTimeout(() => {
      destroy(client, new Error(`no answer within ${callTimeoutMs} ms`));
    }, callTimeoutMs);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  private drop(client: pg.Client): void {
    if (this.client === client) this.client = undefined;
    destroy(client);
  }
}

/** Ends the session of that name if it is still there; one that is gone will not commit any more. */
const END_SESSION = `
  select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1`;

/** Configuration of a connection with these settings; they travel with its start and cost no round trip. */
export function connectionConfig(
  { url, settings }: Pick<SessionOptions, 'url' | 'settings'>,
  applicationName: string,
): pg.ClientConfig {
  const parsed = new URL(url);
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const given = parsed.searchParams.get('options');
  parsed.searchParams.set('options', [...(given === null ? [] : [given]), ...options].join(' '));
  parsed.searchParams.set('application_name', applicationName);
  return { connectionString: parsed.href };
}

const { builtins } = pg.types;
const toDate = pg.types.getTypeParser(builtins.TIMESTAMPTZ, 'text') as (text: string) => Date;

/** Times come as ms since the epoch and 64-bit integers as numbers; the rest as pg gives it. */
export function getTypeParser(oid: TypeId): (text: string) => unknown {
  if (oid === builtins.INT8) return Number;
  if (oid === builtins.TIMESTAMPTZ) return (text) => toDate(text).getTime();
  return pg.types.getTypeParser(oid, 'text') as (text: string) => unknown;
}

type TypeId = Parameters<typeof pg.types.getTypeParser>[0];

function destroy(client: pg.Client, why?: Error): void {
  client.connection.stream.destroy(why);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
