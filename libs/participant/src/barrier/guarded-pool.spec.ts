import { DataSource } from 'typeorm';
import { testDatabase, type TestDatabase } from '../../../../test/setup/database.js';
import { TcpProxy } from '../../../../test/setup/tcp-proxy.js';
import { waitFor } from '../../../../tools/wait.mjs';
import { isUnreachable } from './contention.js';
import { guardPool } from './guarded-pool.js';

let database: TestDatabase;
let proxy: TcpProxy;
let dataSource: DataSource;
beforeEach(async () => {
  database = await testDatabase();
  proxy = await TcpProxy.before(database.url);
  dataSource = await new DataSource({ type: 'postgres', url: proxy.url, poolSize: 2 }).initialize();
});
afterEach(async () => {
  await dataSource.destroy();
  await proxy.close();
  await database.drop();
});

test('a server that dies at the end of a handshake ends no process; the statement fails', async () => {
  guardPool(dataSource);
  guardPool(dataSource);
  proxy.cut();
  proxy.mode = 'die-at-handshake';
  const asked = [1, 2, 3].map((n) =>
    dataSource.query('select $1::int as n', [n]).catch((error: unknown) => error),
  );
  for (const error of await Promise.all(asked)) expect(isUnreachable(error)).toBe(true);
  proxy.mode = 'forward';
  expect(await dataSource.query('select 1 as one')).toEqual([{ one: 1 }]);
});

test('a connection that is lost between two statements counts as a server that is away', async () => {
  guardPool(dataSource);
  const runner = dataSource.createQueryRunner();
  await runner.query('select 1');
  proxy.cut();
  await waitFor(() => runner.isReleased, { timeoutMs: 5_000, what: 'TypeORM to notice' });
  const error: unknown = await runner.query('select 2').catch((reason: unknown) => reason);
  expect(isUnreachable(error)).toBe(true);
  expect(await dataSource.query('select 3 as three')).toEqual([{ three: 3 }]);
});
