// Real Kafka as the floor's transport: the commands of a flush leave in one send, replies come by batch.
//   content: event = one command per record; batch = up to 100 commands per record
import { Kafka, logLevel } from 'kafkajs';
import { startKafkaParticipants } from '../lib/kafka.mjs';

const SERVICE = {
  reserve: 'inventory',
  release: 'inventory',
  charge: 'payment',
  refund: 'payment',
  confirm: 'order',
};
const NAMES = ['inventory', 'payment', 'order'];
const PARTITIONS = 4;
const MAX_BATCH = 100;
const FETCH_WAIT_MS = 500;

async function createTopics(kafka, prefix) {
  const admin = kafka.admin();
  await admin.connect();
  const topics = NAMES.flatMap((name) =>
    ['commands', 'replies'].map((kind) => ({
      topic: `${prefix}.${name}.${kind}`,
      numPartitions: PARTITIONS,
      replicationFactor: 1,
    })),
  );
  await admin.createTopics({ topics, waitForLeaders: true });
  await admin.disconnect();
}

function record({ saga, step, fail }) {
  const value = `{"sagaId":"${saga.id}","step":"${step}","amount":4200${fail ? ',"fail":true' : ''}}`;
  const headers = {
    ce_id: `${saga.id}/${step}`,
    ce_type: 'floor.command',
    ce_source: 'floor',
    ce_subject: step,
    'floor-transaction': saga.id,
    'floor-attempt': '1',
    'floor-deadline': '1795376295407',
  };
  return { key: saga.id, value, headers };
}

const one = (commands) => commands.map(record);

let turn = 0;
function many(commands) {
  const records = [];
  for (let from = 0; from < commands.length; from += MAX_BATCH) {
    const entries = commands.slice(from, from + MAX_BATCH).map((command) => {
      const { value, headers } = record(command);
      return `{"id":"${headers.ce_id}","data":${value}}`;
    });
    const headers = { 'content-type': 'floor/batch' };
    records.push({ partition: turn++ % PARTITIONS, value: `[${entries.join(',')}]`, headers });
  }
  return records;
}

class Awaited {
  under = new Map();

  constructor(reply) {
    this.reply = reply;
  }

  answered(id, ok) {
    const saga = this.under.get(id);
    if (!saga) return;
    this.under.delete(id);
    this.reply(saga, ok);
  }

  read({ headers, value }) {
    if (headers.ce_id) {
      this.answered(headers.ce_id.toString(), value.toString() === '{"ok":true}');
    } else {
      for (const { id, ok } of JSON.parse(value.toString())) this.answered(id, ok);
    }
  }
}

async function consume(kafka, prefix, awaited) {
  const consumer = kafka.consumer({
    groupId: `${prefix}.coordinator`,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    minBytes: 1,
    maxBytesPerPartition: 4 << 20,
  });
  await consumer.connect();
  const topics = NAMES.map((name) => `${prefix}.${name}.replies`);
  await consumer.subscribe({ topics, fromBeginning: true });
  const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve));
  const offsets = new Map();
  const eachBatch = async ({ batch }) => {
    for (const message of batch.messages) awaited.read(message);
    const { topic, partition } = batch;
    const offset = String(BigInt(batch.lastOffset()) + 1n);
    offsets.set(`${topic}/${partition}`, { topic, partition, offset });
  };
  await consumer.run({ autoCommit: false, partitionsConsumedConcurrently: 12, eachBatch });
  const timer = setInterval(() => {
    const due = [...offsets.values()];
    offsets.clear();
    if (due.length > 0) consumer.commitOffsets(due).catch(console.error);
  }, 200);
  await joined;
  return {
    async stop() {
      clearInterval(timer);
      await consumer.disconnect();
    },
  };
}

export async function openBus({ brokers, topics: prefix, content = 'event' }, reply) {
  const kafka = new Kafka({ clientId: 'floor', brokers, logLevel: logLevel.NOTHING });
  await createTopics(kafka, prefix);
  const participants = await startKafkaParticipants(brokers, prefix);
  const producer = kafka.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 5 });
  await producer.connect();
  const awaited = new Awaited(reply);
  const consumer = await consume(kafka, prefix, awaited);
  return {
    pids: { participants: participants.pid },
    send(commands) {
      const by = new Map();
      for (const command of commands) {
        awaited.under.set(`${command.saga.id}/${command.step}`, command.saga);
        const name = SERVICE[command.step];
        if (!by.has(name)) by.set(name, []);
        by.get(name).push(command);
      }
      const topicMessages = [...by].map(([name, own]) => ({
        topic: `${prefix}.${name}.commands`,
        messages: content === 'batch' ? many(own) : one(own),
      }));
      void producer.sendBatch({ acks: -1, topicMessages });
    },
    async stop() {
      await consumer.stop();
      await producer.disconnect();
      await participants.stop();
    },
  };
}
