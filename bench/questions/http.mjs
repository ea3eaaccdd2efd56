// Rows 1, 5, 6, 7 and 8: participants over HTTP, one POST per command, the engine in process.
import { ensurePeers } from '../peers/install.mjs';

const SKALD = { module: 'contenders/skald.mjs', options: { mode: 'single' } };
const FLOOR = { module: 'peers/floor.mjs', options: { via: 'http' } };
const PROFILE =
  "what is full are the coordinator's one thread, at three quarters of a core, and the two cores, of which all together take more than one and a half. Of the thread's time, by a V8 profile under this load, 40 % pass in `writev` to sockets, and 7 % in garbage collection (16 % before decision 0015); nothing else is more than 2 %. By `perf`, `writev` is 15 % of the process's CPU: the rest is time in which it has no core. A command is an envelope of about 1 kB, where the floor sends 60 bytes (decisions 0009, 0015).";
const WAL =
  'a row of history is twice that of the floor, because it holds the request as it was sent, and a start has a row of its own with three index entries, where the floor has none. The last update of a transaction cannot be HOT, because it leaves the partial index of open transactions: two thirds of the updates are.';
const AUTOCOMMIT = { module: 'peers/step-loop.mjs', options: { mode: 'autocommit' } };

/** @type {import('../lib/question.mjs').Question} */
export const http = {
  name: 'http',
  title: 'Participants over HTTP, one POST per command, engine in process',
  minutes: 5,
  about: [
    'Three calls per saga to a participant that answers at once; every tenth saga is refused at its third step and undone (two more calls). Full history. 200 under way unless said.',
    '`-clean`: none is refused. `-alone`: one at a time.',
  ],
  entries: () => [
    { name: 'floor-http', ...FLOOR },
    { name: 'skald-http', ...SKALD },
    { name: 'autocommit-per-step', ...AUTOCOMMIT },
    {
      name: 'transaction-per-step',
      module: 'peers/step-loop.mjs',
      options: { mode: 'transaction' },
    },
    { name: 'dbos', module: 'peers/dbos.mjs', weight: 1.2, ...ensurePeers() },
    { name: 'skald-http-clean', ...SKALD, failEvery: 0 },
    { name: 'floor-http-alone', ...FLOOR, concurrency: 1, weight: 0.6 },
    { name: 'skald-http-alone', ...SKALD, concurrency: 1, weight: 0.6 },
    { name: 'autocommit-alone', ...AUTOCOMMIT, concurrency: 1, weight: 0.6 },
  ],
  claims: [
    {
      row: '1',
      claim: 'sagas per second beside the floor',
      value: ({ rate }) => rate('skald-http') / rate('floor-http'),
      must: 0.5,
      aim: 0.7,
      why: PROFILE,
    },
    {
      row: '1',
      claim: 'beside DBOS Transact',
      value: ({ rate }) => rate('skald-http') / rate('dbos'),
      must: 10,
      aim: 18,
    },
    {
      row: '1',
      claim: 'beside a hand-written transaction per step',
      value: ({ rate }) => rate('skald-http') / rate('transaction-per-step'),
      must: 5,
    },
    {
      row: '1',
      claim: 'beside a hand-written autocommit per step',
      value: ({ rate }) => rate('skald-http') / rate('autocommit-per-step'),
      must: 2.5,
      why: PROFILE,
    },
    {
      row: '5',
      claim: "p99 beside the floor's",
      value: ({ p99 }) => p99('skald-http') / p99('floor-http'),
      must: 2,
      aim: 1.5,
      atMost: true,
    },
    {
      row: '6',
      claim: "one at a time: p50 beside the floor's",
      value: ({ p50 }) => p50('skald-http-alone') / p50('floor-http-alone'),
      must: 2,
      atMost: true,
    },
    {
      row: '6',
      claim: "one at a time: p50 beside the autocommit loop's",
      value: ({ p50 }) => p50('skald-http-alone') / p50('autocommit-alone'),
      aim: 1,
      atMost: true,
    },
    {
      row: '7',
      claim: 'throughput lost when a tenth compensates',
      value: ({ rate }) => 100 * (1 - rate('skald-http') / rate('skald-http-clean')),
      must: 15,
      aim: 10,
      atMost: true,
      unit: '%',
    },
    {
      row: '8',
      claim: "commits per saga beside the floor's",
      value: ({ of }) =>
        of('skald-http', (row) => row['commits']) / of('floor-http', (row) => row['commits']),
      must: 2.5,
      aim: 1.5,
      atMost: true,
    },
    {
      row: '8',
      claim: "bytes of WAL per saga beside the floor's",
      value: ({ of }) =>
        of('skald-http', (row) => row['walBytes']) / of('floor-http', (row) => row['walBytes']),
      must: 2,
      aim: 1.3,
      atMost: true,
      why: WAL,
    },
  ],
};
