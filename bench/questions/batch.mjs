// Row 3: the batched envelope.
import { ensurePeers } from '../peers/install.mjs';

const LANE =
  'nothing is full: coordinator and PostgreSQL take two thirds of a core each. They take turns on one connection for commits: while a flush is executed and synced, the next one is decided and encoded, and is sent when the first is answered (decision 0007). PostgreSQL takes 0.85 ms of CPU for a flush of 69 rows, a sync comes on top, and that is what a flush takes.';

/** @type {import('../lib/question.mjs').Question} */
export const batch = {
  name: 'batch',
  title: 'Participants over HTTP, up to 100 commands per envelope',
  minutes: 2,
  about: ['What a flush has for one participant leaves together, in envelopes of up to 100.'],
  entries: () => [
    { name: 'floor-batch', module: 'peers/floor.mjs', options: { via: 'batch', flushers: 2 } },
    { name: 'skald-batch', module: 'contenders/skald.mjs', options: { mode: 'batch' } },
    { name: 'dbos', module: 'peers/dbos.mjs', weight: 1.2, ...ensurePeers() },
  ],
  claims: [
    {
      row: '3',
      claim: 'sagas per second beside the batched floor',
      value: ({ rate }) => rate('skald-batch') / rate('floor-batch'),
      must: 0.4,
      aim: 0.6,
      why: LANE,
    },
    {
      row: '3',
      claim: 'beside DBOS Transact (which has no batches)',
      value: ({ rate }) => rate('skald-batch') / rate('dbos'),
      must: 30,
      why: LANE,
    },
  ],
};
