import pg from 'pg';
import { testDatabase, type TestDatabase } from '../../../test/setup/database.js';
import { commitText } from './commit.js';
import { migrateCoordinator } from './data-source.js';
import { PINNED } from './postgres-store.js';
import { FORGET, FORGET_FLUSHES } from './retention.js';
import * as statements from './statements.js';

let database: TestDatabase;
let sql: pg.Client;

beforeAll(async () => {
  database = await testDatabase({ migrate: migrateCoordinator, template: 'coordinator' });
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  for (const [name, value] of Object.entries(PINNED)) await sql.query(`set ${name} = ${value}`);
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

/** The plan that a prepared statement gets on tables nobody has analysed yet. */
async function planOf(text: string): Promise<string> {
  const { rows } = await sql.query<{ 'QUERY PLAN': string }>(`explain (generic_plan) ${text}`);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

const BIG = [
  'transaction',
  'transaction_start',
  'transaction_event',
  'transaction_flush',
  'tombstone',
];

describe.each([
  { starts: true, updates: false, audits: false },
  { starts: false, updates: true, audits: false },
  { starts: true, updates: true, audits: false },
  { starts: true, updates: true, audits: true },
])('the commit of $starts starts, $updates updates, $audits audits', (parts) => {
  it('reaches rows by their key and winners by a hash table', async () => {
    const plan = await planOf(commitText(parts));
    expect(plan).not.toMatch(/Seq Scan|Hash Join|Merge Join|Bitmap/);
    if (parts.updates) expect(plan).toContain('Index Scan using transaction_pkey on transaction t');
    expect(plan.match(/Nested Loop/g) ?? []).toHaveLength(parts.updates ? 1 : 0);
    expect(plan).toContain('hashed SubPlan');
  });
});

describe('statements of the store', () => {
  it.each([
    ...Object.entries(statements),
    ...Object.entries({ FORGET, FORGET_FLUSHES }).map(([name, text]) => [name, { text }] as const),
  ])('%s reads no large table from end to end', async (_, { text }) => {
    const plan = await planOf(text);
    for (const table of BIG) expect(plan).not.toMatch(new RegExp(`Seq Scan on ${table}\\b`));
    expect(plan).not.toMatch(/Hash Join|Merge Join|Bitmap/);
  });

  it('release and claims reach the rows they move by the key', async () => {
    for (const { text } of [statements.RELEASE, statements.CLAIM_DUE, statements.CLAIM_DEAD]) {
      expect(await planOf(text)).toContain('Index Scan using transaction_pkey on transaction t');
    }
  });

  it('a heartbeat probes the open rows of one owner, not all open rows', async () => {
    const plan = await planOf(statements.HEARTBEAT.text);
    expect(plan).toMatch(
      /transaction_open on transaction t.*\n *Index Cond: \(owner = c.*incarnation\)/,
    );
  });
});
