import type { PreparedReport } from '@skald/core';
import { testDatabase, type TestDatabase } from '../../../../test/setup/database.js';
import { migrateCoordinator } from '../data-source.js';
import { PostgresViews } from './postgres-views.js';

let database: TestDatabase;
let views: PostgresViews;

beforeEach(async () => {
  database = await testDatabase({ migrate: migrateCoordinator, template: 'coordinator' });
  views = new PostgresViews({ url: database.url });
});
afterEach(async () => {
  await views.close();
  await database.drop();
});

const item = {
  gid: 'skald:skald:x',
  transaction: '0198c0de-0000-7000-8000-000000000001',
  step: 'ledger.1',
  preparedAt: '2026-11-22T10:00:00.000Z',
  ageMs: 1_000,
  locks: [{ relation: 'account', mode: 'RowExclusiveLock', count: 1 }],
};
const aReport = (participant: string): PreparedReport => {
  return { participant, maxPrepared: 500, used: 1, items: [item] };
};

test('of those who look at once, one gets a participant’s turn, and again after the pause', async () => {
  const names = ['ledger', 'stock'];
  const turns = () => views.prepared.turns(names, 60_000);
  const taken = (await Promise.all([turns(), turns(), turns()])).flat();
  expect(taken.sort()).toEqual(names);
  expect(await turns()).toEqual([]);
  expect((await views.prepared.turns(names, 0)).sort()).toEqual(names);
  expect(await views.prepared.reports()).toEqual([]);
});

test('of one that falls silent the last report stays, with since when and why', async () => {
  await views.prepared.record(aReport('ledger'));
  const [fresh] = await views.prepared.reports();
  expect(fresh).toMatchObject({ report: aReport('ledger'), unreachableSince: null, trouble: null });
  expect(fresh?.seenMsAgo).toBeLessThan(5_000);
  await views.prepared.recordSilence('ledger', 'unreachable');
  const [silent] = await views.prepared.reports();
  expect(silent).toMatchObject({ report: aReport('ledger'), trouble: 'unreachable' });
  await views.prepared.recordSilence('ledger', 'http-500');
  const [later] = await views.prepared.reports();
  expect(later).toMatchObject({ unreachableSince: silent?.unreachableSince, trouble: 'http-500' });
  await views.prepared.record(aReport('ledger'));
  expect(await views.prepared.reports()).toMatchObject([{ unreachableSince: null, trouble: null }]);
});

test('one that never answered is named', async () => {
  await views.prepared.recordSilence('ledger', 'http-401');
  expect(await views.prepared.reports()).toMatchObject([
    { participant: 'ledger', report: null, seenAt: null, seenMsAgo: 0, trouble: 'http-401' },
  ]);
});
