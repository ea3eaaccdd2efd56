import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';

const LOOK_AGAIN_MS = 50;

const LOOK = `
  select gid, extract(epoch from clock_timestamp() - prepared)::float8 * 1000 as "ageMs"
  from pg_prepared_xacts`;

/** How old prepared transactions became, ms. */
interface Ages {
  readonly seen: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Looks at a server's prepared transactions from outside, all the time, and notes how old each became. */
export class InDoubtWatch {
  private readonly ages = new Map<string, number>();
  private now = 0;
  private isStopped = false;
  private readonly done: Promise<void>;

  private constructor(private readonly client: Client) {
    this.done = this.watch();
    // Whoever stops it hears of a failure; until then it must not end the process.
    this.done.catch(() => undefined);
  }

  static async over(connectionString: string): Promise<InDoubtWatch> {
    const client = new Client({ connectionString });
    await client.connect();
    return new InDoubtWatch(client);
  }

  /** How many were prepared when it looked last. */
  get prepared(): number {
    return this.now;
  }

  /** Of all that were ever seen, the age at which they were last seen. */
  describe(): Ages {
    const sorted = [...this.ages.values()].sort((a, b) => a - b);
    const at = (share: number) => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
    return { seen: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.done;
    await this.client.end();
  }

  private async watch(): Promise<void> {
    while (!this.isStopped) {
      const { rows } = await this.client.query<{ gid: string; ageMs: number }>(LOOK);
      this.now = rows.length;
      for (const { gid, ageMs } of rows) this.ages.set(gid, ageMs);
      await pause(LOOK_AGAIN_MS);
    }
  }
}
