// Row 2: started and awaited over the coordinator's own HTTP API.
import { goToolchain } from '../peers/build-dtm.mjs';
import { ensurePeers } from '../peers/install.mjs';

const THREAD =
  "what is full is the coordinator's one thread, at 0.85 of a core. Of its time, by a V8 profile under this load, 30 % pass in `writev` (three commands and an answer for each saga), 6 % in garbage collection (16 % before decisions 0013 and 0015), 4 % in undici, 3 % in Fastify; the rest is in pieces of 2 % and less of core, engine, views, storage, Node and Nest. The engine alone costs 1.3 times the whole floor behind HTTP (decision 0013).";

const ratio = (/** @type {string} */ peer) => ({
  row: '2',
  why: THREAD,
  value: (/** @type {import('../lib/question.mjs').Figures} */ { rate }) =>
    rate('skald-api') / rate(peer),
});

/** @type {import('../lib/question.mjs').Question} */
export const api = {
  name: 'api',
  title: "The same, started and awaited over Skald's own HTTP API",
  minutes: 5,
  about: [
    "The coordinator is a process of its own; each saga is one request that is answered with its end. Skald: `POST /v1/transactions` with `Idempotency-Key` and `Prefer: wait`, validation and problem details on; the answer is the whole view, with every step's request, reply and times. `skald-api-minimal` asks for `return=minimal`: status and failure, without steps.",
    "DTM's default lets the next command leave before the last result is durable; `dtm-sync` (`UpdateBranchSync`) does not, as Skald, Restate and the floor.",
  ],
  entries: () => {
    const dtm = goToolchain() ? {} : { needs: 'DTM needs a Go toolchain' };
    return [
      { name: 'floor-ingress', module: 'peers/floor-ingress.mjs' },
      { name: 'skald-api', module: 'contenders/skald-api.mjs' },
      {
        name: 'skald-api-minimal',
        module: 'contenders/skald-api.mjs',
        options: { isMinimal: true },
      },
      { name: 'restate', module: 'peers/restate.mjs', ...ensurePeers() },
      { name: 'dtm', module: 'peers/dtm.mjs', ...dtm },
      { name: 'dtm-sync', module: 'peers/dtm.mjs', options: { sync: true }, ...dtm },
    ];
  },
  claims: [
    {
      ...ratio('floor-ingress'),
      claim: 'sagas per second beside the floor behind HTTP',
      must: 0.5,
      aim: 0.7,
    },
    { ...ratio('restate'), claim: 'beside Restate', must: 3, aim: 4.5 },
    { ...ratio('dtm'), claim: 'beside DTM in its default', must: 1.8, aim: 2.5 },
    { ...ratio('dtm-sync'), claim: 'beside DTM with UpdateBranchSync', must: 3.4, aim: 4.8 },
  ],
};
