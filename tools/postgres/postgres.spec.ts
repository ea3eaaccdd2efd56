import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase, startPostgres, stopLeftover, withClient } from './index.mjs';
import { isAlive } from '../processes.mjs';

describe('the embedded PostgreSQL', () => {
  let dataDir: string;
  let running: { stop: (options?: { mode?: 'immediate' }) => Promise<void> }[];

  async function start(options: { port?: number; durable?: boolean } = {}) {
    const postgres = await startPostgres({
      dataDir,
      durable: false,
      stopWithParent: true,
      ...options,
    });
    running.push(postgres);
    return postgres;
  }

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'skald-postgres-'));
    running = [];
  });

  afterEach(async () => {
    for (const postgres of running) await postgres.stop({ mode: 'immediate' });
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('starts on an empty folder, keeps its data over a stop, and keeps its password secret', async () => {
    const first = await start();
    const url = await createDatabase(first.url('postgres'), 'kept');
    await withClient(url, (client) => client.query('create table thing as select 7 as id'));
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);

    const second = await start();
    const rows = await withClient(second.url('kept'), (client) =>
      client.query<{ id: number }>('select id from thing'),
    );
    expect(rows.rows).toEqual([{ id: 7 }]);
    expect(statSync(join(dataDir, 'password')).mode & 0o077).toBe(0);
    const wrong = second.url('kept').replace(/:[0-9a-f]+@/, ':guess@');
    await expect(withClient(wrong, () => Promise.resolve())).rejects.toThrow('password');
  });

  it('comes back on the same port after kill -9 of the postmaster, with open sessions', async () => {
    const first = await start({ durable: true });
    const url = await createDatabase(first.url('postgres'), 'kept');
    await withClient(url, async (client) => {
      await client.query('create table thing as select 7 as id');
      process.kill(first.pid, 'SIGKILL');
      await first.exited;
    }).catch(() => undefined);
    await first.stop(); // Nothing to stop: must not hang.

    const second = await start({ durable: true, port: first.port });
    expect(second.port).toBe(first.port);
    const rows = await withClient(url, (client) => client.query('select id from thing'));
    expect(rows.rows).toEqual([{ id: 7 }]);
  });

  it('stops a server that an earlier run left behind, and nobody else', async () => {
    const left = await start();
    const next = await start();
    expect(isAlive(left.pid)).toBe(false);
    expect(isAlive(next.pid)).toBe(true);

    const other = `${dataDir}/nothing-here`;
    await stopLeftover(other);
    expect(existsSync(other)).toBe(false);
  });

  it('accepts prepared transactions and listens on loopback only', async () => {
    const postgres = await start();
    const settings = await withClient(postgres.url('postgres'), (client) =>
      client.query<{ name: string; setting: string }>(
        `select name, setting from pg_settings
         where name in ('listen_addresses', 'max_prepared_transactions', 'unix_socket_directories')
         order by name`,
      ),
    );
    expect(settings.rows.map((row) => row.setting)).toEqual(['127.0.0.1', '1500', '']);
  });

  it('says why when it cannot start', async () => {
    const first = await start();
    const second = mkdtempSync(join(tmpdir(), 'skald-postgres-'));
    const failing = startPostgres({ dataDir: second, durable: false, port: first.port });
    await expect(failing).rejects.toThrow('could not bind');
    expect(readFileSync(join(second, 'server.log'), 'utf8')).toContain('could not bind');
    rmSync(second, { recursive: true, force: true });
  });
});
