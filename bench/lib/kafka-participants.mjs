// Participants on Kafka that do nothing, three in one process: a group each, the replies of a fetch in one
// send, offsets committed behind it. They speak Skald's events, one per record or a batch in one, and the
// floor's. Arguments: brokers, prefix of the topics.
import { Kafka, logLevel } from 'kafkajs';

const [brokers = '', prefix = ''] = process.argv.slice(2);
const NAMES = ['inventory', 'payment', 'order'];
const FETCH_WAIT_MS = 500;
const BATCH = 'application/cloudevents-batch+json';

/** @typedef {{ key: Buffer | null, value: Buffer | null, headers?: Record<string, any> }} Received */

const kafka = new Kafka({
  clientId: 'participants',
  brokers: brokers.split(','),
  logLevel: logLevel.NOTHING,
});

/** @param {boolean} refused */
const outcomeOf = (refused) =>
  refused ? '{"outcome":"rejected","reason":"told-to"}' : '{"outcome":"succeeded","reply":{}}';

/** @param {string} name */
const sourceOf = (name) => `/skald/participant/${name}`;

/**
 * @param {string} name
 * @param {any} event
 */
function answerEvent(name, event) {
  const { id, subject, skaldtransaction, skaldstep, skalddirection, skaldattempt, data } = event;
  const refused = data.fail === true && subject === 'confirm';
  return (
    `{"specversion":"1.0","id":"${id}/reply","source":"${sourceOf(name)}","type":"skald.reply.v1",` +
    `"subject":"${subject}","datacontenttype":"application/json",` +
    `"skaldtransaction":"${skaldtransaction}","skaldstep":"${skaldstep}",` +
    `"skalddirection":"${skalddirection}","skaldattempt":${skaldattempt},"data":${outcomeOf(refused)}}`
  );
}

/**
 * @param {string} name
 * @param {Received} received
 */
function answerSkald(name, { key, value, headers = {} }) {
  const { fail } = JSON.parse(String(value));
  const refused = fail === true && String(headers['ce_subject']) === 'confirm';
  return {
    key,
    value: outcomeOf(refused),
    headers: {
      ...headers,
      ce_id: `${headers['ce_id']}/reply`,
      ce_source: sourceOf(name),
      ce_type: 'skald.reply.v1',
    },
  };
}

/** @param {Received} received */
function answerFloor({ key, value, headers = {} }) {
  if (!headers['ce_id']) {
    const entries = JSON.parse(String(value));
    const answers = entries.map((/** @type {any} */ { id, data }) => ({ id, ok: !data.fail }));
    return { value: JSON.stringify(answers), headers };
  }
  const { fail } = JSON.parse(String(value));
  const { ce_id, ce_source } = headers;
  const own = { ce_id, ce_type: 'floor.reply', ce_source, 'floor-transaction': key ?? '' };
  return { key, value: fail ? '{"ok":false}' : '{"ok":true}', headers: own };
}

/**
 * @param {string} name
 * @param {Received} received
 */
function answer(name, received) {
  const { value, headers = {} } = received;
  if (String(headers['content-type']).startsWith(BATCH)) {
    const events = JSON.parse(String(value)).map((/** @type {any} */ e) => answerEvent(name, e));
    return { value: `[${events.join(',')}]`, headers: { 'content-type': BATCH } };
  }
  const isSkald = String(headers['ce_type']) === 'skald.command.v1';
  return isSkald ? answerSkald(name, received) : answerFloor(received);
}

const producer = kafka.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 5 });
await producer.connect();

/** @param {string} name */
async function serve(name) {
  const consumer = kafka.consumer({
    groupId: `${prefix}.${name}`,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    minBytes: 1,
    maxBytesPerPartition: 4 << 20,
  });
  await consumer.connect();
  await consumer.subscribe({ topic: `${prefix}.${name}.commands`, fromBeginning: true });
  const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve));
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 4,
    eachBatch: async ({ batch }) => {
      const { partition } = batch;
      const messages = batch.messages.map((m) => ({ partition, ...answer(name, m) }));
      await producer.send({ topic: `${prefix}.${name}.replies`, acks: -1, messages });
      const offset = String(BigInt(batch.lastOffset()) + 1n);
      await consumer.commitOffsets([{ topic: batch.topic, partition, offset }]);
    },
  });
  await joined;
}

await Promise.all(NAMES.map(serve));
process.send?.('ready');
process.on('disconnect', () => process.exit(0));
