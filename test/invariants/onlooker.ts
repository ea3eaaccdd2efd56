import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { NORTH, SOUTH, type Place } from '../kill/transfer-books.js';

const LOOK_AGAIN_MS = 20;

/**
 * The two times bracket the snapshot that the statement reads: it sees what was committed before `from`, and
 * nothing that is committed after `to`. Both servers' databases have one clock.
 */
const LOOK = `
  select extract(epoch from statement_timestamp())::float8 * 1000 as "from",
    extract(epoch from clock_timestamp())::float8 * 1000 as "to",
    array(select distinct transfer_id::text from movement where transfer_id = any ($1::uuid[])) as seen`;

interface Look {
  readonly from: number;
  readonly to: number;
  readonly seen: readonly string[];
}

/** A transfer of which one side was committed and the other one not: at least from `from` to `to`, ms. */
export interface OneSided {
  readonly from: number;
  readonly to: number;
}

/** Reads both warehouses all the time, as anybody may, and notes of which transfers it saw one side alone. */
export class Onlooker {
  private readonly open = new Set<string>();
  private readonly found = new Map<string, OneSided>();
  private count = 0;
  private isStopped = false;
  private readonly done: Promise<void>;

  private constructor(private readonly clients: Readonly<Record<Place, Client>>) {
    this.done = this.watch();
    // Whoever stops it hears of a failure; until then it must not end the process.
    this.done.catch(() => undefined);
  }

  static async over(databases: Readonly<Record<string, string>>): Promise<Onlooker> {
    const connect = async (place: Place) => {
      const client = new Client({ connectionString: databases[place] });
      await client.connect();
      return client;
    };
    return new Onlooker({ [NORTH]: await connect(NORTH), [SOUTH]: await connect(SOUTH) });
  }

  /** From now on it looks for this transfer, until it has seen both sides. */
  lookFor(transfer: string): void {
    this.open.add(transfer);
  }

  /** How often it looked. */
  get looks(): number {
    return this.count;
  }

  /** By transfer. */
  get oneSided(): ReadonlyMap<string, OneSided> {
    return this.found;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.done;
    await Promise.all(Object.values(this.clients).map((client) => client.end()));
  }

  private async watch(): Promise<void> {
    while (!this.isStopped) {
      const ids = [...this.open];
      const [north, south] = await Promise.all([this.look(NORTH, ids), this.look(SOUTH, ids)]);
      this.compare(north, south);
      this.compare(south, north);
      this.count += 1;
      await pause(LOOK_AGAIN_MS);
    }
  }

  private async look(place: Place, ids: readonly string[]): Promise<Look> {
    const { rows } = await this.clients[place].query<Look>(LOOK, [ids]);
    const [row] = rows;
    if (!row) throw new Error('a select without a row');
    return row;
  }

  /** What the one has and the other lacked was half done, if the other was read after the one. */
  private compare(having: Look, lacking: Look): void {
    for (const id of having.seen) {
      if (lacking.seen.includes(id)) this.open.delete(id);
      else if (lacking.from >= having.to) this.note(id, having.to, lacking.from);
    }
  }

  private note(id: string, from: number, to: number): void {
    this.found.set(id, { from: this.found.get(id)?.from ?? from, to });
  }
}
