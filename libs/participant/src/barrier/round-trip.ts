import { isForgotten } from './contention.js';

/** A statement that gives text, and takes text, or binary where the type has an order of bytes. */
export interface Statement {
  /** Each connection parses and plans it once, not each time. Only for a statement with one good plan. */
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly (string | Buffer | null)[];
}

/** Columns by position. */
export type Row = readonly (string | null)[];

/** What a query of `pg` is given to send itself by; pg-cursor does the same. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { readonly name: string; readonly text: string }): void;
  bind(message: { readonly statement: string; readonly values: Statement['values'] }): void;
  execute(message: { readonly portal: string }): void;
  close(message: { readonly type: 'S'; readonly name: string }): void;
  sync(): void;
}

/** The part of a `pg` client that TypeORM hides. */
export interface Connection {
  /** Whether the client sends queries without waiting for the ones before: then it takes no other kind. */
  readonly pipeline?: boolean;
  /** Undefined, or without these, is the client made of libpq. */
  readonly connection?: Partial<Wire>;
  query(query: object): unknown;
}

/**
 * A plan that was made while a table was tiny may read all of it, and would go on doing so when it is
 * large. So none is used longer than this; making new ones costs a hundredth of what it saves.
 */
const USES_OF_A_PLAN = 200;

/** Each day brings names of its own, and connections live long: beyond so many all are closed. */
const MAX_NAMES = 40;

/**
 * Sends several statements to the server at once, which carries them out one after the other, until one
 * fails. In READ COMMITTED each sees what was committed before it began.
 *
 * A pooler that hands out connections per database transaction, and does not know prepared statements
 * (PgBouncer before 1.21), makes names mean nothing. From the first time that it does, statements go
 * without; that once they fail as contention does, and are tried again.
 */
export class RoundTrips {
  /** By connection, how often each name was used since it was parsed. */
  private readonly uses = new WeakMap<object, Map<string, number>>();
  private isNamed = true;

  /** @throws the error of the first statement that failed; those after it were not carried out. */
  async run(connection: Connection, statements: readonly Statement[]): Promise<readonly Row[][]> {
    const all = this.isNamed ? statements : statements.map(unnamed);
    try {
      if (!isPipelined(connection)) return await oneByOne(connection, all);
      return await new Promise((resolve, reject) => {
        const send = (wire: Wire) => {
          this.send(wire, all);
        };
        const trip = new RoundTrip(send, (error, results) => {
          if (error === null) resolve(results);
          else reject(error);
        });
        connection.query(trip);
      });
    } catch (error) {
      if (isForgotten(error)) this.isNamed = false;
      // Which of them were parsed is not known: the next time all are, again.
      if (connection.connection) this.uses.delete(connection.connection);
      throw error;
    }
  }

  private send(wire: Wire, statements: readonly Statement[]): void {
    const uses = this.uses.get(wire) ?? new Map<string, number>();
    this.uses.set(wire, uses);
    wire.stream.cork();
    if (uses.size > MAX_NAMES) {
      for (const name of uses.keys()) wire.close({ type: 'S', name });
      uses.clear();
    }
    for (const { name = '', text, values = [] } of statements) {
      const used = uses.get(name) ?? USES_OF_A_PLAN;
      if (used >= USES_OF_A_PLAN) {
        // Closing what does not exist is no error.
        if (name) wire.close({ type: 'S', name });
        wire.parse({ name, text });
      }
      if (name) uses.set(name, used >= USES_OF_A_PLAN ? 1 : used + 1);
      wire.bind({ statement: name, values });
      wire.execute({ portal: '' });
    }
    wire.sync();
    wire.stream.uncork();
  }
}

/** Whether several statements can be sent at once; otherwise they go one by one. */
export function isPipelined({ pipeline, connection }: Connection): boolean {
  return pipeline !== true && typeof connection?.parse === 'function';
}

function unnamed({ text, values }: Statement): Statement {
  return { text, ...(values && { values }) };
}

async function oneByOne(
  connection: Connection,
  statements: readonly Statement[],
): Promise<readonly Row[][]> {
  const results: Row[][] = [];
  for (const statement of statements) {
    const { rows } = (await connection.query({ ...statement, rowMode: 'array' })) as {
      readonly rows: Row[];
    };
    results.push(rows);
  }
  return results;
}

type Callback = (error: Error | null, results: readonly Row[][]) => void;

/** What `pg` calls a Submittable: it sends itself, and is given what comes back. */
class RoundTrip {
  private readonly results: Row[][] = [];
  private rows: Row[] = [];

  constructor(
    private readonly send: (wire: Wire) => void,
    /** By this name `pg` finds it, where it has a time-out for queries. */
    readonly callback: Callback,
  ) {}

  submit(wire: Wire): null {
    this.send(wire);
    return null;
  }

  handleDataRow({ fields }: { readonly fields: Row }): void {
    this.rows.push(fields);
  }

  handleCommandComplete(): void {
    this.results.push(this.rows);
    this.rows = [];
  }

  handleError(error: Error): void {
    this.callback(error, []);
  }

  handleReadyForQuery(): void {
    this.callback(null, this.results);
  }
}
