import type { PreparedReport } from '@skald/core';
import { SILENT, type LogFields } from '../ports/log.js';
import {
  ParticipantSilent,
  type KnownReport,
  type PreparedSource,
  type PreparedStore,
} from '../ports/prepared.js';
import { InDoubtWatch } from './in-doubt-watch.js';

/** What the store promises, without a database. */
class Known implements PreparedStore {
  readonly all = new Map<string, KnownReport>();
  looks = 0;

  turns(participants: readonly string[]) {
    this.looks += 1;
    return Promise.resolve(participants);
  }

  record(report: PreparedReport) {
    const { participant } = report;
    const seen = { seenAt: 0, seenMsAgo: 0, unreachableSince: null, trouble: null };
    this.all.set(participant, { participant, report, ...seen });
    return Promise.resolve();
  }

  recordSilence(participant: string, trouble: string) {
    const before = this.all.get(participant);
    const never = { participant, report: null, seenAt: null, seenMsAgo: 0 };
    this.all.set(participant, { ...never, ...before, unreachableSince: 0, trouble });
    return Promise.resolve();
  }

  reports() {
    return Promise.resolve([...this.all.values()]);
  }
}

const watches: InDoubtWatch[] = [];
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.stop();
});

function aReport(ages: readonly number[], more: Partial<PreparedReport> = {}): PreparedReport {
  const transaction = '0198c0de-0000-7000-8000-000000000001';
  const items = ages.map((ageMs, index) => {
    const what = { gid: `g${index}`, transaction, step: 'ledger.1', preparedAt: '', locks: [] };
    return { ...what, ageMs };
  });
  return { participant: 'ledger', maxPrepared: 500, used: ages.length, items, ...more };
}

async function watching(answer: () => PreparedReport | undefined) {
  const told: [string, string, LogFields][] = [];
  const say =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void told.push([level, message, fields]);
  const source: PreparedSource = {
    participants: ['ledger'],
    ask: () => {
      const report = answer();
      return report
        ? Promise.resolve(report)
        : Promise.reject(new ParticipantSilent('unreachable'));
    },
    resolve: () => Promise.resolve(undefined),
  };
  const store = new Known();
  const log = { ...SILENT, warn: say('warn'), error: say('error') };
  const watch = new InDoubtWatch({ sources: [source], store, log, everyMs: 5 });
  watches.push(watch);
  watch.start();
  const rounds = async (count: number) => {
    const until = store.looks + count;
    while (store.looks < until) await new Promise((resolve) => setImmediate(resolve));
  };
  await rounds(3);
  return { store, told, rounds, watch };
}

test('by its age an alarm is raised, then somebody is called, each once', async () => {
  let age = 29_000;
  const { told, rounds } = await watching(() => aReport([age]));
  expect(told).toEqual([]);
  age = 31_000;
  await rounds(5);
  expect(told).toMatchObject([
    [
      'warn',
      'a prepared transaction is in doubt',
      { participant: 'ledger', gid: 'g0', ageMs: 31_000 },
    ],
  ]);
  age = 121_000;
  await rounds(5);
  expect(told.slice(1)).toMatchObject([['error', 'a prepared transaction is in doubt', {}]]);
});

test('a server that is more than half full is told of once', async () => {
  const { told, rounds } = await watching(() => aReport([1], { used: 251 }));
  await rounds(5);
  expect(told).toEqual([
    [
      'warn',
      'prepared transactions fill a server',
      { participant: 'ledger', used: 251, maxPrepared: 500 },
    ],
  ]);
});

test('of one that cannot be asked the last report stays, and goes on ageing', async () => {
  let isThere = true;
  const { store, rounds } = await watching(() => (isThere ? aReport([1_000]) : undefined));
  isThere = false;
  await rounds(3);
  const known = store.all.get('ledger');
  expect(known).toMatchObject({ trouble: 'unreachable', report: { items: [{ gid: 'g0' }] } });
});

test('nobody is believed who reports for another', async () => {
  const { store } = await watching(() => aReport([1], { participant: 'stock' }));
  expect([...store.all.keys()]).toEqual([]);
});

test('who cannot be told is no participant of ours', async () => {
  const { watch } = await watching(() => aReport([]));
  const order = { gid: 'g', outcome: 'commit', by: 'local', reason: 'x' } as const;
  await expect(watch.resolve('stock', order)).rejects.toMatchObject({ code: 'ROUTE_NOT_FOUND' });
  expect(await watch.resolve('ledger', order)).toBeUndefined();
});
