import pg from 'pg';
import { connectionConfig, getTypeParser } from '../session.js';
import { toStoreError } from '../store-error.js';

export interface ReaderOptions {
  readonly url: string;
  readonly maxConnections: number;
  readonly callTimeoutMs: number;
}

/**
 * What one row through an index costs beside one of a scan. At the server's default of 4 the planner reads
 * all that ever had a label, to find the few of them that are unfinished: see decision 0002.
 */
const RANDOM_PAGE_COST = '1.1';

/** A small pool for what people look at; it never takes a connection from the engine. */
export class Reader {
  private readonly pool: pg.Pool;

  constructor({ url, maxConnections, callTimeoutMs }: ReaderOptions) {
    const settings = {
      statement_timeout: String(callTimeoutMs),
      jit: 'off',
      random_page_cost: RANDOM_PAGE_COST,
    };
    this.pool = new pg.Pool({
      ...connectionConfig({ url, settings }, 'skald views'),
      types: { getTypeParser },
      max: maxConnections,
      connectionTimeoutMillis: callTimeoutMs,
      query_timeout: callTimeoutMs + 1_000,
      keepAlive: true,
    });
    // A server that went away is noticed by the next call; the pool drops the connection itself.
    this.pool.on('error', () => undefined);
  }

  /** @throws StoreError */
  async rows<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    try {
      return (await this.pool.query<Row>(text, values)).rows;
    } catch (error) {
      throw toStoreError(error);
    }
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}

/** The values of a statement that is put together from parts. */
export class Values {
  readonly list: unknown[] = [];

  /** Its placeholder. */
  add(value: unknown): string {
    this.list.push(value);
    return `$${this.list.length}`;
  }

  time(ms: number): string {
    return `${this.add(new Date(ms))}::timestamptz`;
  }
}
