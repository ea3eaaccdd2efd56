// Participants on Kafka that do nothing, three in one process: a group each, the replies of a fetch in one
// send, offsets committed behind it. They speak Skald's events, one per record or a batch in one, and the
// floor's, all by the client of Skald's SDK. Arguments: brokers, prefix of the topics.
import { KafkajsBus } from '@skald/transport-kafka';

const [brokers = '', prefix = ''] = process.argv.slice(2);
const NAMES = ['inventory', 'payment', 'order'];
const MAX_BATCH = 1_000;
const BATCH = 'application/cloudevents-batch+json';

/** @typedef {import('@skald/transport-kafka').BusMessage} Received */

const bus = new KafkajsBus({
  brokers: brokers.split(','),
  clientId: 'participants',
  log: (level, message, fields) => {
    if (level === 'error') console.error(message, fields);
  },
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
function answerSkald(name, { key, value, headers }) {
  const { fail } = JSON.parse(String(value));
  const refused = fail === true && headers['ce_subject'] === 'confirm';
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
function answerFloor({ key, value, headers }) {
  const { ce_id, ce_source } = headers;
  if (!ce_id) {
    const entries = JSON.parse(String(value));
    const answers = entries.map((/** @type {any} */ { id, data }) => ({ id, ok: !data.fail }));
    return { value: JSON.stringify(answers), headers };
  }
  const { fail } = JSON.parse(String(value));
  const own = {
    ce_id,
    ce_type: 'floor.reply',
    ce_source: ce_source ?? '',
    'floor-transaction': key ?? '',
  };
  return { key, value: fail ? '{"ok":false}' : '{"ok":true}', headers: own };
}

/**
 * @param {string} name
 * @param {Received} received
 */
function answer(name, received) {
  const { value, headers } = received;
  if (headers['content-type'] === BATCH) {
    const events = JSON.parse(String(value)).map((/** @type {any} */ e) => answerEvent(name, e));
    return { value: `[${events.join(',')}]`, headers: { 'content-type': BATCH } };
  }
  const isSkald = headers['ce_type'] === 'skald.command.v1';
  return isSkald ? answerSkald(name, received) : answerFloor(received);
}

/** @param {string} name */
async function serve(name) {
  const topic = `${prefix}.${name}.replies`;
  const subscription = bus.subscribe({
    group: `${prefix}.${name}`,
    topics: [`${prefix}.${name}.commands`],
    maxBatch: MAX_BATCH,
    onPoison: async (message, error) => console.error(message, error),
    onBatch: async ({ partition, messages, resolve }) => {
      await bus.send(
        messages.map((message) => {
          const { key, ...reply } = answer(name, message);
          return { topic, partition, ...(key && { key }), ...reply };
        }),
      );
      for (const message of messages) resolve(message);
    },
  });
  await subscription.joined;
}

await Promise.all(NAMES.map(serve));
process.send?.('ready');
process.on('disconnect', () => process.exit(0));
