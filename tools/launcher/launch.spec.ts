import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { testDatabase } from '../../test/setup/database.js';
import { withClient } from '../postgres/index.mjs';
import { isAlive } from '../processes.mjs';
import { waitFor } from '../wait.mjs';
import { launch, type Launched, type LaunchOptions } from './launch.mjs';
import { launchCoordinator } from './launch-coordinator.mjs';
import { SERVICES, UsageError } from './options.mjs';
import { claim, readRun, type Run } from './run-file.mjs';

jest.setTimeout(120_000); // Each of some tests makes a cluster of PostgreSQL on disk, with fsync.

const fake = (name: string) => fileURLToPath(new URL(`./fakes/${name}.mjs`, import.meta.url));
const NAMES = ['coordinator', 'postgres', ...SERVICES].sort();

describe('the launcher', () => {
  let dataDir: string;
  let launched: Launched | undefined;
  let dropDatabases: (() => Promise<void>)[];

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'skald-launch-'));
    launched = undefined;
    dropDatabases = [];
  });

  afterEach(async () => {
    await launched?.stop();
    for (const drop of dropDatabases) await drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function start(options: Partial<LaunchOptions> = {}): Promise<Run> {
    launched = await launch({ port: 0, dataDir, mainOf: () => fake('service'), ...options });
    return launched.run;
  }

  /** One empty database of the run for all, where the launcher need not start PostgreSQL itself. */
  async function onOneDatabase(): Promise<NodeJS.ProcessEnv> {
    const { url, drop } = await testDatabase();
    dropDatabases.push(drop);
    const own = Object.fromEntries(
      SERVICES.map((n) => [`${n.toUpperCase().replace('-', '_')}_DATABASE_URL`, url]),
    );
    return { ...process.env, DATABASE_URL: url, ...own };
  }

  function pids(run: Run | undefined): number[] {
    return Object.values(run?.processes ?? {}).map(({ pid }) => pid);
  }

  async function seenBy(run: Run, name: string): Promise<Record<string, string>> {
    return (await (await fetch(run.urls[name] ?? '')).json()) as Record<string, string>;
  }

  it('starts everything, hands each process its settings, and stops everything', async () => {
    const env = { ...process.env, SKALD_PARTICIPANTS: 'mail=http://127.0.0.1:9' };
    const run = await start({ env });
    expect(Object.keys(run.processes).sort()).toEqual(NAMES);
    expect(readRun(dataDir)).toEqual(run);
    expect(statSync(join(dataDir, 'run.json')).mode & 0o077).toBe(0);
    const coordinator = await seenBy(run, 'coordinator');
    expect(coordinator['SKALD_PARTICIPANTS']).toBe(
      SERVICES.map((name) => `${name}=${run.urls[name] ?? ''};`).join('') +
        'mail=http://127.0.0.1:9',
    );
    const north = await seenBy(run, 'warehouse-north');
    const url = north['DATABASE_URL'] ?? '';
    expect(new URL(url).pathname).toBe('/skald_warehouse_north');
    expect(north).toMatchObject({
      WAREHOUSE_NAME: 'warehouse-north',
      COORDINATOR_URL: run.urls['coordinator'],
      SKALD_SECRET: coordinator['SKALD_SECRET'],
    });
    const secret = join(dataDir, 'secret');
    expect(coordinator['SKALD_SECRET']).toBe(readFileSync(secret, 'utf8').trim());
    expect(statSync(secret).mode & 0o077).toBe(0);
    await withClient(url, (client) => client.query('select 1'));

    await launched?.stop();
    expect(pids(run).filter(isAlive)).toEqual([]);
    expect(existsSync(join(dataDir, 'run.json'))).toBe(false);
  });

  it('starts a killed process again at the same place at once; PostgreSQL too', async () => {
    const run = await start();
    const before = structuredClone(run);
    for (const name of ['inventory', 'postgres']) {
      process.kill(before.processes[name]?.pid ?? NaN, 'SIGKILL');
    }
    const what = 'both to be back';
    const after = await waitFor(
      () => {
        const now = readRun(dataDir)?.processes ?? {};
        const back = ['inventory', 'postgres'].every(
          (name) => now[name]?.pid !== before.processes[name]?.pid,
        );
        return back && now;
      },
      { timeoutMs: 20_000, what },
    );
    expect(after['inventory']?.port).toBe(before.processes['inventory']?.port);
    expect(after['coordinator']).toEqual(before.processes['coordinator']);
    await withClient((await seenBy(run, 'inventory'))['DATABASE_URL'] ?? '', (client) =>
      client.query('select 1'),
    );
  });

  it('leaves out what it was told to leave out', async () => {
    const run = await start({ without: ['inventory'], env: await onOneDatabase() });
    expect(Object.keys(run.processes)).not.toContain('inventory');
    expect(run.participants).not.toContain('inventory');
  });

  it('refuses a data folder that is in use and passes a wrong configuration on, in one line', async () => {
    const given = await onOneDatabase();
    const run = await start({ env: given });
    expect(run.processes).not.toHaveProperty('postgres');
    await expect(claim(dataDir)).rejects.toThrow(/already runs on/);
    await expect(claim(dataDir)).rejects.toThrow(UsageError);
    await launched?.stop();
    expect(pids(run).filter(isAlive)).toEqual([]);

    const env = { ...given, FAKE_FATAL: 'PORT: not a number' };
    const reports: string[] = [];
    const report = (line: string) => reports.push(line);
    const failing = launch({ port: 0, dataDir, mainOf: () => fake('service'), env, report });
    await expect(failing).rejects.toThrow(
      /^(order|payment|inventory|warehouse-\w+): PORT: not a number$/,
    );
    expect(reports).toEqual([]);
    expect(existsSync(join(dataDir, 'run.json'))).toBe(false);
  });

  it('adds a second coordinator beside a running set', async () => {
    const main = await start({ env: await onOneDatabase() });
    const mainOf = () => fake('service');
    const second = await launchCoordinator({ port: 0, dataDir, main, mainOf });
    const seen = await seenBy(second.run, 'coordinator');
    expect(seen['SKALD_SECRET']).toBe((await seenBy(main, 'order'))['SKALD_SECRET']);
    expect(seen['DATABASE_URL']).toBe(main.databases['coordinator']);
    expect(seen['SKALD_PARTICIPANTS']).toBe(main.participants);
    await second.stop();
    expect(pids(second.run).filter(isAlive)).toEqual([]);
    expect(pids(main).filter(isAlive)).toEqual(pids(main));
  });

  describe('as a process', () => {
    it('takes everything with it when it is killed, and at SIGTERM ends with exit code 0', async () => {
      const up = (pid: number | undefined) =>
        waitFor(
          () => {
            const now = readRun(dataDir);
            return now?.ready === true && now.launcher.pid === pid && now;
          },
          { timeoutMs: 60_000, what: 'the launcher to be up' },
        );
      const first = spawn(process.execPath, [fake('launcher'), dataDir]);
      const firstPids = pids(await up(first.pid));
      first.kill('SIGKILL');
      const gone = () => firstPids.every((pid) => !isAlive(pid));
      await waitFor(gone, { timeoutMs: 10_000, what: 'all processes to end' });

      const second = spawn(process.execPath, [fake('launcher'), dataDir]);
      const secondPids = pids(await up(second.pid));
      const exited = new Promise((resolve) => second.once('exit', resolve));
      second.kill('SIGTERM');
      expect(await exited).toBe(0);
      expect(secondPids.filter(isAlive)).toEqual([]);
      expect(existsSync(join(dataDir, 'run.json'))).toBe(false);
    });
  });
});
