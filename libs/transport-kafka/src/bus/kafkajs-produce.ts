import { createRequire } from 'node:module';
import { ByteWriter } from './byte-writer.js';
import { crc32c } from './crc32c.js';

type Bytes = string | Uint8Array | null | undefined;

interface Message {
  readonly key?: Bytes;
  readonly value: Bytes;
  readonly headers?: Readonly<Record<string, Bytes | readonly Bytes[]>>;
  readonly timestamp?: string;
  /** What stands for several: these are written in its place. */
  readonly records?: readonly Message[];
}

interface PartitionData {
  readonly partition: number;
  readonly messages: readonly Message[];
  readonly firstSequence?: number;
}

/**
 * Messages of one partition as one message. kafkajs sorts messages by partition, and copies for each one all
 * that came before it; ours are sorted already.
 */
export function together(partition: number, records: readonly Message[]) {
  return { partition, value: null, records };
}

interface TopicData {
  readonly topic: string;
  readonly partitions: readonly PartitionData[];
}

interface ProduceOptions {
  readonly acks: number;
  readonly timeout: number;
  readonly compression?: number;
  readonly transactionalId?: string | null;
  readonly producerId?: string | number;
  readonly topicData: readonly TopicData[];
}

/** What kafkajs writes to the socket; it looks at nothing else of an encoder. */
interface Encoded {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

interface Exchange {
  readonly request: { readonly encode: () => Promise<Encoded> };
}

interface ProduceDefinitions {
  protocol: (of: { readonly version: number }) => (options: ProduceOptions) => Exchange;
}

const MAGIC = 2;
const NO_PRODUCER = -1n;
/** From this one to the last that kafkajs knows (7) requests look the same. */
const OLDEST_VERSION = 3;

const load = createRequire(import.meta.url);

let isInstalled = false;

/**
 * kafkajs 2.2.4 encodes each header of each record in 512 bytes of its own, zeroed, and copies them five
 * times: with one event per record, whose attributes are 15 headers, a third of the coordinator's time.
 * This puts a version in its place that writes the same bytes into one piece of memory. What it has no
 * need to know here (compression, idempotent and transactional producers, timestamps that are given) is
 * left to kafkajs. Repeats are harmless.
 */
export function quickenKafkajsProduce(): void {
  if (isInstalled) return;
  isInstalled = true;
  const produce = load('kafkajs/src/protocol/requests/produce/index.js') as ProduceDefinitions;
  const { protocol } = produce;
  produce.protocol = ({ version }) => {
    const make = protocol({ version });
    if (version < OLDEST_VERSION) throw new Error('brokers before Kafka 0.11 have no headers');
    return (options) => {
      const made = make(options);
      if (!isPlain(options)) return expectNoneTogether(options, made);
      return { ...made, request: { ...made.request, encode: () => encodedLater(options) } };
    };
  };
}

function isPlain({ compression, transactionalId, producerId, topicData }: ProduceOptions): boolean {
  if (compression || transactionalId != null || !isNone(producerId)) return false;
  return topicData.every(({ partitions }) =>
    partitions.every(({ messages }) => messages.every(({ timestamp }) => timestamp == null)),
  );
}

/** kafkajs would write one empty message for several. */
function expectNoneTogether({ topicData }: ProduceOptions, made: Exchange): Exchange {
  const messages = topicData.flatMap(({ partitions }) => partitions.flatMap((one) => one.messages));
  if (messages.every(({ records }) => records === undefined)) return made;
  throw new Error('messages of a partition stand together, which only a plain request can carry');
}

/** Of a producer that is not idempotent. */
function isNone(producerId: string | number | undefined): boolean {
  return producerId === undefined || String(producerId) === '-1';
}

/**
 * Encoded only when kafkajs copies it, at once, into what it sends: so all requests share one memory,
 * although several may be under way.
 */
function encodedLater(options: ProduceOptions): Promise<Encoded> {
  return Promise.resolve({
    buf: Buffer.alloc(0),
    get buffer() {
      writeRequest(options);
      return body.written;
    },
  });
}

const body = new ByteWriter(1 << 16);
const record = new ByteWriter(1 << 12);

function writeRequest({ acks, timeout, topicData }: ProduceOptions): void {
  body.clear();
  body.int16(-1); // No transactional id.
  body.int16(acks);
  body.int32(timeout);
  body.int32(topicData.length);
  for (const { topic, partitions } of topicData) {
    body.int16(Buffer.byteLength(topic));
    body.append(Buffer.from(topic));
    body.int32(partitions.length);
    for (const data of partitions) writePartition(data);
  }
}

function writePartition({ partition, messages, firstSequence = 0 }: PartitionData): void {
  const at = BigInt(Date.now());
  const count = messages.reduce((sum, { records }) => sum + (records?.length ?? 1), 0);
  body.int32(partition);
  const start = body.length;
  body.int32(0); // Bytes that follow, known afterwards, as the next length and the checksum.
  body.int64(0n); // First offset: the broker's business.
  body.int32(0);
  body.int32(0); // Leader epoch.
  body.int8(MAGIC);
  const checked = body.length;
  body.int32(0);
  body.int16(0); // Attributes: not compressed, times are ours.
  body.int32(count - 1);
  body.int64(at);
  body.int64(at);
  body.int64(NO_PRODUCER);
  body.int16(0);
  body.int32(firstSequence);
  body.int32(count);
  let index = 0;
  for (const message of messages) {
    for (const one of message.records ?? [message]) writeRecord(one, index++);
  }
  body.int32At(start, body.length - (start + 4));
  body.int32At(start + 12, body.length - (start + 16));
  body.int32At(checked, crc32c(body.written.subarray(checked + 4)));
}

function writeRecord({ key, value, headers = {} }: Message, index: number): void {
  record.clear();
  record.int8(0); // Attributes.
  record.varint(0); // After the batch's time.
  record.varint(index);
  record.withVarint(key);
  record.withVarint(value);
  writeHeaders(headers);
  body.varint(record.length);
  body.appendWritten(record);
}

function writeHeaders(headers: NonNullable<Message['headers']>): void {
  const names = Object.keys(headers);
  let count = names.length;
  for (const name of names) {
    const value = headers[name];
    if (isList(value)) count += value.length - 1;
  }
  record.varint(count);
  for (const name of names) {
    const value = headers[name];
    if (isList(value)) for (const each of value) writeHeader(name, each);
    else writeHeader(name, value);
  }
}

function isList(value: Bytes | readonly Bytes[]): value is readonly Bytes[] {
  return Array.isArray(value);
}

function writeHeader(name: string, value: Bytes): void {
  record.withVarint(name);
  record.withVarint(value);
}
