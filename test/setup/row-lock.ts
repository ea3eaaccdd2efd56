import { Client } from 'pg';

/** Somebody who has locked a sku's row of stock and takes his time. */
export class RowLock {
  private constructor(private readonly client: Client) {}

  static async on(connectionString: string, sku: string): Promise<RowLock> {
    const client = new Client({ connectionString });
    await client.connect();
    await client.query('begin');
    await client.query('select from stock where sku = $1 for no key update', [sku]);
    return new RowLock(client);
  }

  async isWaitedFor(): Promise<boolean> {
    const { rowCount } = await this.client.query(
      'select from pg_locks where not granted and pg_backend_pid() = any (pg_blocking_pids(pid))',
    );
    return (rowCount ?? 0) > 0;
  }

  async release(): Promise<void> {
    await this.client.end();
  }
}
