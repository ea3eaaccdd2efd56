import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { someoneWaitsForLock } from '../../../../test/setup/locks.js';
import {
  participantDatabase,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { startPostgres } from '../../../../tools/postgres/index.mjs';
import { Cancels, Handles, Prepares, Tries } from '../handles.js';
import { ask, pad, padApp, padBranch } from '../../../../test/setup/pad.js';

let database: ParticipantDatabase;
beforeEach(async () => {
  database = await participantDatabase();
});
afterEach(() => database.drop());

const YES = { outcome: 'succeeded', reply: {}, vote: 'commit' };
const DONE = { outcome: 'succeeded', reply: {} };
const wrote = (text: string) => ({ outcome: 'succeeded', reply: { wrote: text } });

describe('commands of branches', () => {
  let url: string;
  let close: () => Promise<void>;
  beforeEach(async () => {
    const { app, url: origin } = await padApp(database);
    [url, close] = [origin, () => app.close()];
  });
  afterEach(() => close());

  it('of an operation that prepares: prepared, then committed', async () => {
    const { prepare, commit } = padBranch('write', 'a');
    expect(await ask(url, prepare)).toEqual(YES);
    expect([await database.notes(), (await database.prepared()).length]).toEqual([[], 1]);
    expect(await ask(url, commit)).toEqual(wrote('a'));
    expect(await database.notes()).toEqual(['a']);
  });

  it('of an operation that prepares: a read-only vote brings its reply', async () => {
    const { prepare } = padBranch('write', 'nothing');
    expect(await ask(url, prepare)).toEqual({ ...wrote('nothing'), vote: 'read-only' });
  });

  it('of an operation that tries: held, then kept', async () => {
    const { prepare, commit } = padBranch('hold', 'a');
    expect(await ask(url, prepare)).toEqual(YES);
    expect(await database.notes()).toEqual(['held a']);
    expect(await ask(url, commit)).toEqual(wrote('a'));
    expect(await database.notes()).toEqual(['kept a']);
  });

  it('of an operation that tries: held, then let go', async () => {
    const { prepare, abort } = padBranch('hold', 'a');
    await ask(url, prepare);
    expect(await ask(url, abort)).toEqual(DONE);
    expect(await database.notes()).toEqual([]);
  });

  it('of an operation that tries: the handler knows how long it has to hold', async () => {
    const { prepare, commit } = padBranch('hold', 'how long');
    await ask(url, prepare);
    expect(await ask(url, commit)).toEqual(wrote('60 s'));
  });

  it('of an operation that can be no branch: no vote, and nothing to undo', async () => {
    const { prepare, commit, abort } = padBranch('plain', 'a');
    expect(await ask(url, prepare)).toMatchObject({ outcome: 'failed', reason: 'not-two-phase' });
    expect(await ask(url, abort)).toEqual(DONE);
    expect(await ask(url, commit)).toEqual({ outcome: 'hazard' });
  });

  it.each([
    ['write', 'a'],
    ['hold', 'kept a'],
  ] as const)('of %s alone, with the decision delegated: done at once', async (operation, note) => {
    const { action } = padBranch(operation, 'a');
    expect(await ask(url, action)).toEqual(wrote('a'));
    expect(await ask(url, { ...action, attempt: 2 })).toEqual(wrote('a'));
    expect([await database.notes(), await database.prepared()]).toEqual([[note], []]);
  });

  it('whose row another one holds prepared: failed for contention, and no vote', async () => {
    const [first, second] = [padBranch('write', 'a'), padBranch('write', 'a')];
    await ask(url, first.prepare);
    expect(await ask(url, second.prepare)).toMatchObject({
      outcome: 'failed',
      reason: 'contention',
    });
    await ask(url, first.abort);
    expect(await ask(url, second.prepare)).toEqual(YES);
  });
});

it('decisions pass while all handlers wait for what they release (B15)', async () => {
  const { app, url } = await padApp(database, { maxConcurrency: 1, lockTimeoutMs: 20_000 });
  const [first, second] = [padBranch('write', 'a'), padBranch('write', 'a')];
  await ask(url, first.prepare);
  const waiting = ask(url, second.prepare);
  await someoneWaitsForLock(database.url);
  expect(await ask(url, first.abort)).toEqual(DONE);
  expect(await waiting).toEqual(YES);
  await app.close();
});

describe('the start fails', () => {
  it('without the URL of a coordinator to ask for decisions', async () => {
    const started = padApp(database, { coordinator: undefined });
    await expect(started).rejects.toThrow('coordinator.url is required');
  });

  it('where PostgreSQL prepares nothing, and says how to change that', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'skald-unprepared-'));
    const settings = { max_prepared_transactions: '0' };
    const server = await startPostgres({ dataDir, durable: false, stopWithParent: true, settings });
    const dataSource = await new DataSource({
      type: 'postgres',
      url: server.url('postgres'),
    }).initialize();
    const started = padApp({ ...database, dataSource });
    await expect(started).rejects.toThrow('alter system set max_prepared_transactions = 1500');
    await dataSource.destroy();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('with an operation that is not handled in exactly one way, completely', async () => {
    const reply = () => Promise.resolve({ wrote: '' });

    @Controller()
    class Odd {
      @Handles(pad.write)
      write() {
        return reply();
      }

      @Prepares(pad.write)
      prepare() {
        return reply();
      }

      @Tries(pad.hold)
      hold() {
        return reply();
      }

      @Cancels(pad.hold)
      async letGo(): Promise<void> {
        await reply();
      }
    }
    const error: unknown = await padApp(database, { controllers: [Odd] }).catch(
      (cause: unknown) => cause,
    );
    const message = String(error);
    expect(message).toContain('pad.write: has @Handles, @Prepares, and needs either');
    expect(message).toContain('pad.hold: has @Tries, @Cancels, and needs either');
    expect(message).toContain('pad.plain: no handler');
  });
});
