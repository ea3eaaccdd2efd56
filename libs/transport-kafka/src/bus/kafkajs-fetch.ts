import { createRequire } from 'node:module';
import type { BusMessage } from './bus.js';
import { ByteReader } from './byte-reader.js';
import { hasBatches, readBatches, type Decompress } from './record-batches.js';

interface Partition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly lastStartOffset: string;
  readonly abortedTransactions: readonly { producerId: string; firstOffset: string }[];
  readonly preferredReadReplica: number;
  readonly messages: readonly unknown[];
}

interface FetchResponse {
  readonly throttleTime: number;
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly sessionId: number;
  readonly responses: readonly { topicName: string; partitions: readonly Partition[] }[];
}

interface ResponseModule {
  decode: (bytes: Buffer) => Promise<FetchResponse>;
}

const load = createRequire(import.meta.url);
const Decoder = load('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => object;
const decodeMessages = load('kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js') as (
  decoder: object,
) => Promise<unknown[]>;
const { lookupCodecByAttributes } = load('kafkajs/src/protocol/message/compression/index.js') as {
  lookupCodecByAttributes: (of: number) => { decompress(of: Buffer): Promise<Buffer> };
};

const decompress: Decompress = (attributes, compressed) =>
  lookupCodecByAttributes(attributes).decompress(compressed);

/**
 * kafkajs 2.2.4 makes two buffers, two texts and an object of each header that it receives, and for each
 * one more copies all that the record had so far: of 15, as an event has, over a hundred. This puts a
 * version in its place, for brokers since Kafka 2.3, that makes of each record what the bus hands on, in
 * one go. Records of the format before Kafka 0.11 are left to kafkajs. Repeats are harmless.
 */
export function quickenKafkajsFetch(): void {
  const response = load('kafkajs/src/protocol/requests/fetch/v11/response.js') as ResponseModule;
  response.decode = decode;
}

async function decode(bytes: Buffer): Promise<FetchResponse> {
  const reader = new ByteReader(bytes);
  const clientSideThrottleTime = reader.int32();
  const errorCode = reader.int16();
  const sessionId = reader.int32();
  const responses: { topicName: string; partitions: Partition[] }[] = [];
  for (let topics = reader.int32(); topics > 0; topics--) {
    const topicName = reader.text();
    const partitions: Partition[] = [];
    for (let left = reader.int32(); left > 0; left--) {
      partitions.push(await readPartition(topicName, reader));
    }
    responses.push({ topicName, partitions });
  }
  // As kafkajs: the broker has not throttled, it expects its clients to do that.
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

async function readPartition(topic: string, reader: ByteReader): Promise<Partition> {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = String(reader.int64());
  const lastStableOffset = String(reader.int64());
  const lastStartOffset = String(reader.int64());
  const abortedTransactions = readAborted(reader);
  const preferredReadReplica = reader.int32();
  const messages = await readMessages({ topic, partition }, reader);
  return {
    partition,
    errorCode,
    highWatermark,
    lastStableOffset,
    lastStartOffset,
    abortedTransactions,
    preferredReadReplica,
    messages,
  };
}

async function readMessages(
  place: Pick<BusMessage, 'topic' | 'partition'>,
  reader: ByteReader,
): Promise<Partition['messages']> {
  const size = reader.int32();
  if (size <= 0) return [];
  const start = reader.forward(size);
  const set = reader.bytes.subarray(start, reader.at);
  if (hasBatches(set)) return readBatches(place, set, decompress);
  const sized = reader.bytes.subarray(start - 4, reader.at);
  return decodeMessages(new Decoder(sized));
}

function readAborted(reader: ByteReader): { producerId: string; firstOffset: string }[] {
  const aborted: { producerId: string; firstOffset: string }[] = [];
  for (let left = reader.int32(); left > 0; left--) {
    aborted.push({ producerId: String(reader.int64()), firstOffset: String(reader.int64()) });
  }
  return aborted;
}
