import { withClient } from '../../tools/postgres/index.mjs';
import { testDatabase } from './database.js';

let migrations = 0;

async function migrate(url: string): Promise<void> {
  migrations += 1;
  await withClient(url, (client) => client.query('create table thing (id int)'));
}

function things(url: string): Promise<number> {
  return withClient(url, async (client) => {
    const result = await client.query<{ count: number }>('select count(*)::int from thing');
    return result.rows[0]?.count ?? -1;
  });
}

describe('testDatabase', () => {
  it('builds a template once and gives each test a clone of it', async () => {
    const template = `database.spec ${String(process.pid)}`;
    const [first, second] = await Promise.all([
      testDatabase({ migrate, template }),
      testDatabase({ migrate, template }),
    ]);
    await withClient(first.url, (client) => client.query('insert into thing values (1)'));

    expect(migrations).toBe(1);
    expect(await things(first.url)).toBe(1);
    expect(await things(second.url)).toBe(0);
    await Promise.all([first.drop(), second.drop()]);
  });

  it('drops a database that somebody is still connected to', async () => {
    const database = await testDatabase({ migrate });
    await withClient(database.url, async () => {
      await database.drop();
    });
    await expect(things(database.url)).rejects.toThrow('does not exist');
  });
});
