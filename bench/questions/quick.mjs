/** What `--quick` asks. @type {import('../lib/question.mjs').Question} */
export const quick = {
  name: 'quick',
  title: 'Skald, the floor and a hand-written loop',
  minutes: 1,
  about: ['One short round.'],
  entries: () => [
    { name: 'floor-http', module: 'peers/floor.mjs', options: { via: 'http' } },
    { name: 'skald-http', module: 'contenders/skald.mjs', options: { mode: 'single' } },
    { name: 'skald-batch', module: 'contenders/skald.mjs', options: { mode: 'batch' } },
    { name: 'skald-api', module: 'contenders/skald-api.mjs' },
    {
      name: 'transaction-per-step',
      module: 'peers/step-loop.mjs',
      options: { mode: 'transaction' },
    },
  ],
  claims: [],
};
