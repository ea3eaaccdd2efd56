// Rows 4 and 4b: a real Apache Kafka between coordinator and participants.
const SKALD = 'contenders/skald-kafka.mjs';
const FLOOR = 'peers/floor.mjs';

const RECORDS =
  "both cores are full, the coordinator's one thread takes 0.8 of one. Of its time, by a V8 profile at 1,000, 12 % go into garbage collection, 11 % into writes to sockets, some 10 % into the Kafka transport: each record carries the attributes of its event in 15 headers, where the floor's has seven. The rest is flat.";
const BATCHES =
  "both cores are full: the coordinator's one thread takes 0.65 (200 under way) to 0.7 of one. Of its time, by a V8 profile at 1,000, 15 % go into writes to sockets and 9 % into garbage collection; nothing else of engine, core, storage and transport is more than 4 %. A saga is 3 kB of WAL and 4 kB of events here, where the floor's are 1.6 and 0.7: PostgreSQL, broker and participants take 1.5 to 2.5 times what they take for the floor, the coordinator's thread three times.";
const GAIN =
  'one event per record took three tenths less once kafkajs was relieved of records and checksums (decision 0016), batches hardly anything less, so less is left for them to gain: engine, store and garbage are the same for both.';

/**
 * @param {number} concurrency
 * @param {'event' | 'batch'} content
 * @returns {import('../lib/rounds.mjs').Entry[]}
 */
function pair(concurrency, content) {
  const suffix = `${content === 'batch' ? '-batch' : ''}-${concurrency}`;
  const common = { concurrency, countsCalls: false };
  const mode = content === 'batch' ? 'batch' : 'single';
  const via = { via: 'kafka', flushers: 2, content };
  return [
    { name: `floor-kafka${suffix}`, module: FLOOR, options: via, ...common },
    { name: `skald-kafka${suffix}`, module: SKALD, options: { mode }, ...common },
  ];
}

/**
 * @param {string} suffix
 * @param {string} claim
 */
const besideFloor = (suffix, claim) => ({
  claim,
  value: (/** @type {import('../lib/question.mjs').Figures} */ { rate }) =>
    rate(`skald-kafka${suffix}`) / rate(`floor-kafka${suffix}`),
});

/** @type {import('../lib/question.mjs').Question} */
export const kafka = {
  name: 'kafka',
  title: 'Real Kafka (kafkajs): one event per record, and a batch of events per record',
  minutes: 7,
  about: [
    'One broker (KRaft), coordinator, participants and PostgreSQL on the same cores. Three participants with a topic for commands and one for replies each, four partitions; fetches wait up to 500 ms for the first byte. 200 and 1,000 under way.',
  ],
  ground: { kafka: true },
  entries: () => [
    ...pair(200, 'event'),
    ...pair(1000, 'event'),
    ...pair(200, 'batch'),
    ...pair(1000, 'batch'),
  ],
  claims: [
    {
      row: '4',
      ...besideFloor('-200', "one event per record, 200 under way, beside the floor's"),
      must: 0.6,
      aim: 0.85,
    },
    {
      row: '4',
      ...besideFloor('-1000', "one event per record, 1,000 under way, beside the floor's"),
      must: 0.6,
      aim: 0.85,
      why: RECORDS,
    },
    {
      row: '4b',
      ...besideFloor('-batch-200', "batch content, 200 under way, beside the floor's"),
      must: 0.5,
      aim: 0.75,
      why: BATCHES,
    },
    {
      row: '4b',
      ...besideFloor('-batch-1000', "batch content, 1,000 under way, beside the floor's"),
      must: 0.5,
      aim: 0.75,
      why: BATCHES,
    },
    {
      row: '4b',
      claim: 'batch content beside one event per record, 200 under way',
      value: ({ rate }) => rate('skald-kafka-batch-200') / rate('skald-kafka-200'),
      must: 2,
      why: GAIN,
    },
    {
      row: '4b',
      claim: 'batch content beside one event per record, 1,000 under way',
      value: ({ rate }) => rate('skald-kafka-batch-1000') / rate('skald-kafka-1000'),
      must: 2,
      why: GAIN,
    },
  ],
};
