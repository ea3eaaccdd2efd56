import { createRequire } from 'node:module';
import { jest } from '@jest/globals';
import { quickenKafkajsProduce, together } from './kafkajs-produce.js';

interface Made {
  readonly request: { readonly encode: () => Promise<{ readonly buffer: Buffer }> };
}

const load = createRequire(import.meta.url);
const requests = load('kafkajs/src/protocol/requests/produce/index.js') as {
  protocol: (of: { version: number }) => (options: object) => Made;
};
const original = requests.protocol;

const VERSION = 7;
const long = 'x'.repeat(3_000);
const headers = { 'content-type': 'application/json', ce_id: 'a/b/action', ce_subject: 'für' };

const record = (value: string | Buffer | null, more: object = {}) => ({
  key: 'key',
  value,
  headers,
  ...more,
});

const options = (messages: object[], more: object = {}) => ({
  ...{ acks: -1, timeout: 10_000, compression: 0, producerId: -1, producerEpoch: 0 },
  topicData: [
    { topic: 'skald.a.commands', partitions: [{ partition: 3, messages, firstSequence: 0 }] },
    {
      topic: 'skald.b.commands',
      partitions: [
        { partition: 0, messages: [record('{}')], firstSequence: 0 },
        { partition: 1, messages: [record('[]', { key: null })], firstSequence: 0 },
      ],
    },
  ],
  ...more,
});

async function bytesBy(protocol: typeof original, given: object): Promise<string> {
  const { request } = protocol({ version: VERSION })(given);
  return (await request.encode()).buffer.toString('hex');
}

describe("kafkajs's produce request as we encode it", () => {
  beforeAll(() => {
    quickenKafkajsProduce();
    jest.useFakeTimers({ now: 1_795_376_295_407 });
  });

  afterAll(() => {
    jest.useRealTimers();
  });

  it.each<[string, object[]]>([
    ['a plain record', [record('{"amountCents":3980}')]],
    ['many of them', Array.from({ length: 300 }, (_, n) => record(`{"n":${n}}`))],
    ['one larger than its memory was', [record(long.repeat(50))]],
    ['text that is not ASCII, short and long', [record('größer'), record(`${long}ü`)]],
    [
      'bytes as value and header',
      [record(Buffer.from([0, 255]), { headers: { a: Buffer.of(1) } })],
    ],
    ['no key and an empty value', [record('', { key: null })]],
    ['no value', [record(null)]],
    ['no headers', [{ key: null, value: 'x' }]],
    ['a header that occurs twice', [record('{}', { headers: { a: ['1', '2'], b: 'x' } })]],
    [
      'lengths around those that take another byte',
      [63, 64, 65, 127, 8_191, 8_192].map((length) => record('y'.repeat(length))),
    ],
  ])('has the same bytes as before: %s', async (_, messages) => {
    const given = options(messages);
    expect(await bytesBy(requests.protocol, given)).toBe(await bytesBy(original, given));
  });

  it.each<[string, object[], object]>([
    ['of an idempotent producer', [record('{}')], { producerId: '7' }],
    ['of a transactional producer', [record('{}')], { transactionalId: 'one' }],
    ['of records with times of their own', [record('{}', { timestamp: '1795376295000' })], {}],
  ])('is left to kafkajs: that %s', async (_, messages, more) => {
    const given = options(messages, more);
    expect(await bytesBy(requests.protocol, given)).toBe(await bytesBy(original, given));
  });

  it('writes messages of a partition that stand together one by one', async () => {
    const records = [record('{"n":1}'), record('{"n":2}'), record('{"n":3}')];
    const given = [together(3, records.slice(0, 2)), record('{"n":3}')];
    const bytes = await bytesBy(requests.protocol, options(given));
    expect(bytes).toBe(await bytesBy(original, options(records)));
  });

  it('leaves messages that stand together to nobody', () => {
    const given = options([together(3, [record('{}')])], { transactionalId: 'one' });
    expect(() => requests.protocol({ version: VERSION })(given)).toThrow('stand together');
  });

  it('sends nothing to brokers that know no headers', () => {
    expect(() => requests.protocol({ version: 2 })).toThrow('brokers before Kafka 0.11');
  });

  it('is installed once, however often that is asked for', () => {
    const installed = requests.protocol;
    quickenKafkajsProduce();
    expect(requests.protocol).toBe(installed);
  });
});
