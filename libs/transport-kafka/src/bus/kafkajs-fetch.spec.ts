import { createRequire } from 'node:module';
import type { BusMessage } from './bus.js';
import { quickenKafkajsFetch } from './kafkajs-fetch.js';

interface Encoder {
  readonly buffer: Buffer;
  writeInt16(value: number): Encoder;
  writeInt32(value: number): Encoder;
  writeInt64(value: bigint): Encoder;
  writeString(text: string): Encoder;
  writeBuffer(bytes: Buffer): Encoder;
}
interface Received extends Partial<Omit<BusMessage, 'headers' | 'value' | 'key'>> {
  readonly offset: string;
  readonly key: Buffer | string | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, unknown>;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}
interface Fetched {
  readonly responses: {
    readonly topicName: string;
    readonly partitions: { readonly partition: number; readonly messages: Received[] }[];
  }[];
}

const load = createRequire(import.meta.url);
const EncoderClass = load('kafkajs/src/protocol/encoder.js') as new () => Encoder;
const encodeRecord = load('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (
  record: object,
) => Encoder;
const { RecordBatch: encodeBatch } = load('kafkajs/src/protocol/recordBatch/v0/index.js') as {
  RecordBatch: (batch: object) => Promise<Encoder>;
};
const encodeMessage = load('kafkajs/src/protocol/message/v1/index.js') as (of: object) => Encoder;
const response = load('kafkajs/src/protocol/requests/fetch/v11/response.js') as {
  decode: (bytes: Buffer) => Promise<Fetched>;
};
const original = response.decode;
const GZIP = 1;
const CONTROL = 0x20;
const ATTRIBUTES_AT = 21;
const BATCH_HEAD_BYTES = 61;

const event = Object.fromEntries(Array.from('abcdefghijklmno', (name) => [`ce_${name}`, name]));
const record = (offsetDelta: number, more: object = {}) =>
  encodeRecord({ offsetDelta, key: `k${offsetDelta}`, value: '{}', headers: event, ...more });

async function batch(records: Encoder[], more: object = {}): Promise<Buffer> {
  return (await encodeBatch({ firstOffset: 40n, records, ...more })).buffer;
}

/** One topic with one partition, which has all the batches. */
function responseOf(...sets: Buffer[]): Buffer {
  const set = Buffer.concat(sets);
  const head = new EncoderClass().writeInt32(3).writeInt16(0).writeInt32(9).writeInt32(1);
  const topic = head.writeString('skald.größe.replies').writeInt32(1).writeInt32(5).writeInt16(0);
  const offsets = topic.writeInt64(90n).writeInt64(89n).writeInt64(1n);
  const aborted = offsets.writeInt32(1).writeInt64(7n).writeInt64(41n);
  return aborted.writeInt32(-1).writeInt32(set.length).writeBuffer(set).buffer;
}

/** What the bus makes of kafkajs's records, of ours what they are. */
function told({ offset, key, value, headers, isControlRecord, batchContext }: Received) {
  const texts = Object.entries(headers).map(([name, given]) => {
    const last = (Array.isArray(given) ? given.at(-1) : given) as string | Buffer | null;
    return [name, last === null ? '' : String(last)];
  });
  const { producerId, inTransaction } = batchContext;
  return {
    offset,
    key: key === null ? null : String(key),
    value: String(value ?? ''),
    headers: texts,
    isControlRecord,
    batch: { producerId, inTransaction },
  };
}

async function decodedBy(decode: typeof original, bytes: Buffer) {
  const { responses, ...head } = await decode(bytes);
  const topics = responses.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(({ messages, ...of }) => ({ ...of, messages: messages.map(told) })),
  }));
  return { ...head, topics };
}

describe("kafkajs's fetch response as we decode it", () => {
  beforeAll(() => {
    quickenKafkajsFetch();
    quickenKafkajsFetch();
  });

  it.each<[string, () => Promise<Buffer[]>]>([
    ['nothing', () => Promise.resolve([])],
    ['a record', async () => [await batch([record(0)])]],
    ['many records', async () => [await batch(Array.from({ length: 300 }, (_, n) => record(n)))]],
    [
      'several batches',
      async () => [await batch([record(0)]), await batch([record(3), record(4)])],
    ],
    [
      'no key, no value, no headers',
      async () => [await batch([record(0, { key: null, value: null, headers: {} })])],
    ],
    [
      'a header that occurs twice, one that is empty',
      async () => [await batch([record(0, { headers: { a: ['1', '2'], b: '' } })])],
    ],
    [
      'text that is not ASCII',
      async () => [
        await batch([
          record(0, { headers: { ü: 'für' } }),
          record(1, { headers: { ü: 'fü' } }),
          record(2, { key: 'schlüssel', headers: { ü: 'fur', ä: 'x' } }),
        ]),
      ],
    ],
    [
      'headers that change from record to record',
      async () => [
        await batch([
          record(0, { headers: { a: '1', b: '2' } }),
          record(1, { headers: { b: '2', a: '1' } }),
          record(2, { headers: { a: '12', b: '2', c: '3' } }),
          record(3, { headers: { a: '1' } }),
          record(4, { headers: { a: '1', b: '3' } }),
        ]),
      ],
    ],
    [
      'gzip',
      async () => [
        await batch([record(0), record(1)], { compression: GZIP }),
        await batch([record(2)]),
      ],
    ],
    [
      'offsets beyond what a number holds',
      async () => [await batch([record(0), record(7)], { firstOffset: 2n ** 53n - 5n })],
    ],
    [
      'a transaction',
      async () => [await batch([record(0)], { transactional: true, producerId: 7n })],
    ],
    [
      'a control record',
      async () => {
        const bytes = await batch([record(0, { key: Buffer.alloc(4) })], { producerId: 7n });
        bytes.writeInt16BE(CONTROL, ATTRIBUTES_AT);
        return [bytes];
      },
    ],
    [
      'a batch that is cut off',
      async () => [
        await batch([record(0)]),
        (await batch([record(1), record(2)])).subarray(0, BATCH_HEAD_BYTES + 20),
      ],
    ],
    [
      'a head that is cut off',
      async () => [
        await batch([record(0)]),
        (await batch([record(1)])).subarray(0, BATCH_HEAD_BYTES - 20),
      ],
    ],
  ])('says the same as before: %s', async (_, sets) => {
    const bytes = responseOf(...(await sets()));
    expect(response.decode).not.toBe(original);
    expect(await decodedBy(response.decode, bytes)).toEqual(await decodedBy(original, bytes));
  });

  it('knows topic and partition of a record, and may be called like members of Object', async () => {
    const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty'];
    const headers = Object.fromEntries(names.map((name) => [name, name]));
    const set = await batch([
      record(0, { headers: JSON.parse(JSON.stringify(headers)) as object }),
    ]);
    const { responses } = await response.decode(responseOf(set));
    const [received] = responses[0]?.partitions[0]?.messages ?? [];
    expect(received).toMatchObject({ topic: 'skald.größe.replies', partition: 5, offset: '40' });
    expect(Object.keys(received?.headers ?? {})).toEqual(Object.keys(headers));
  });

  it('leaves the format before Kafka 0.11 to kafkajs', async () => {
    const message = encodeMessage({ key: 'k', value: 'v', timestamp: 1 }).buffer;
    const set = new EncoderClass().writeInt64(4n).writeInt32(message.length).writeBuffer(message);
    const bytes = responseOf(set.buffer);
    const { responses } = await response.decode(bytes);
    expect(responses[0]?.partitions[0]?.messages).toMatchObject([{ offset: '4' }]);
    expect(responses).toEqual((await original(bytes)).responses);
  });

  it.each<[string, (set: Buffer) => void]>([
    ['a batch that is shorter than its head', (set) => set.writeInt32BE(20, 8)],
    ['more records than there are', (set) => set.writeInt32BE(9, BATCH_HEAD_BYTES - 4)],
    ['a key beyond the end', (set) => void (set[BATCH_HEAD_BYTES + 4] = 0x7e)],
  ])('rejects %s, and comes to an end', async (_, damage) => {
    const set = await batch([record(0, { headers: {} })]);
    damage(set);
    await expect(response.decode(responseOf(set))).rejects.toThrow(RangeError);
  });
});
