import { testDatabase } from '../../../../test/setup/database.js';
import { TcpProxy } from '../../../../test/setup/tcp-proxy.js';
import { waitFor } from '../../../../tools/wait.mjs';
import { openDatabase, type ServiceDatabase } from './database.js';

const parts: ServiceDatabase = { name: 'spec', entities: [], migrations: [] };

test('a server that does not listen yet is waited for, which is told once', async () => {
  const { url, drop } = await testDatabase();
  const proxy = await TcpProxy.before(url);
  await proxy.close();
  const waits: unknown[] = [];
  const onWait = (error: unknown) => waits.push(error);
  const opened = openDatabase(parts, { url: proxy.url, poolSize: 2, onWait });
  await waitFor(() => waits.length > 0, { timeoutMs: 5_000, what: 'the wait to be told' });
  await proxy.open();

  const dataSource = await opened;
  expect(await dataSource.query('select 1 as one')).toEqual([{ one: 1 }]);
  expect(waits).toHaveLength(1);
  await dataSource.destroy();
  await proxy.close();
  await drop();
});

test('the wait is bounded, and what is wrong otherwise is told at once', async () => {
  const { url, drop } = await testDatabase();
  const proxy = await TcpProxy.before(url);
  await proxy.close();
  const gone = { url: proxy.url, poolSize: 2, patienceMs: 300 };
  await expect(openDatabase(parts, gone)).rejects.toThrow(/ECONNREFUSED/);

  const nowhere = { url: url.replace(/[^/]+$/, 'no_such_database'), poolSize: 2 };
  await expect(openDatabase(parts, nowhere)).rejects.toThrow(/does not exist/);
  await drop();
});
