import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import {
  branch,
  participantDatabase,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { cleanInbox } from '../barrier/retention.js';
import type { PreparedBarrier } from './prepared-barrier.js';
import { barrierOn, gids, never, write } from './prepared-barrier.fixture.js';

let database: ParticipantDatabase;
let barrier: PreparedBarrier;
beforeEach(async () => {
  database = await participantDatabase();
  barrier = barrierOn(database);
});
afterEach(() => database.drop());

const DAY_MS = 86_400_000;
const YES = { outcome: 'succeeded', reply: {}, vote: 'commit' };
const DONE = { outcome: 'succeeded', reply: {} };
const EXPIRED = { outcome: 'expired' };

describe('behind the watermark', () => {
  const old = () => branch({ startedAt: Date.UTC(2026, 10, 20, 12) });

  /** One round of clean-up, so many days after those branches began. */
  function clean(days: number, plusMs = 0) {
    const now = () => Date.UTC(2026, 10, 20, 12) + days * DAY_MS + plusMs;
    return cleanInbox(database.dataSource, { retentionDays: 30, handlerTimeoutMs: 5_000, now });
  }

  it('commands of branches without a row are expired, without effect (B7)', async () => {
    await clean(31);
    const { prepare, commit, abort } = old();
    expect(await barrier.prepare(prepare, never)).toEqual(EXPIRED);
    expect(await barrier.commit(commit)).toEqual(EXPIRED);
    expect(await barrier.abort(abort)).toEqual(EXPIRED);
    expect(await database.inbox()).toEqual([]);
  });

  it('what is prepared is kept, and finished by its decision', async () => {
    await clean(0);
    const [yes, no] = [old(), old()];
    await barrier.prepare(yes.prepare, write('yes'));
    await barrier.prepare(no.prepare, write('no'));
    await clean(31);
    const { dropped, postponed } = await clean(31, 10_001);
    expect(dropped).toEqual([]);
    expect(postponed).toContainEqual(expect.stringContaining('skald_inbox_p20261120'));

    expect(await barrier.prepare(yes.prepare, never)).toEqual(YES);
    expect(await barrier.commit(yes.commit)).toMatchObject({ reply: { wrote: 'yes' } });
    expect(await barrier.abort(no.abort)).toEqual(DONE);
    expect(await database.notes()).toEqual(['yes']);
    expect(await barrier.prepare(no.prepare, never)).toEqual(EXPIRED);
    expect((await clean(31, 10_002)).dropped).toHaveLength(2);
  });
});

it('what another role has prepared is not finished, and the reply says why', async () => {
  const role = `role_${randomBytes(6).toString('hex')}`;
  await database.dataSource.query(`create role ${role} login password 'x'`);
  await database.dataSource.query(`grant all on all tables in schema public to ${role}`);
  const url = new URL(database.url);
  [url.username, url.password] = [role, 'x'];
  const theirs = await new DataSource({ type: 'postgres', url: url.href }).initialize();
  const { prepare, commit, abort } = branch();
  await barrier.prepare(prepare, write('a'));

  const powerless = barrierOn(database, { dataSource: theirs, decisions: theirs });
  const refused = { name: 'NotNow', reason: 'prepared-by-another' };
  await expect(powerless.commit(commit)).rejects.toMatchObject(refused);
  await expect(powerless.abort(abort)).rejects.toMatchObject(refused);
  expect(await powerless.prepare(prepare, never)).toEqual(YES);
  expect(await database.prepared()).toEqual([gids.of(prepare)]);
  expect(await barrier.commit(commit)).toMatchObject({ reply: { wrote: 'a' } });

  await theirs.destroy();
  await database.dataSource.query(`drop owned by ${role}`);
  await database.dataSource.query(`drop role ${role}`);
});
