import { randomUUID } from 'node:crypto';
import { until, type BusContext } from './bus-harness.js';

/** The part of `busConformance` that is about sending and topics. */
export function busDeliveryConformance(context: BusContext): void {
  orderConformance(context);
  topicConformance(context);
}

function orderConformance({ world, group }: BusContext): void {
  it('brings all messages, those of a partition in order, also to a group that comes late', async () => {
    const values = [...(await world().send(200)), ...(await world().send(100, 200))];
    const consumer = world().consumer(group());
    await until('all have come', () => consumer.has(values));
    for (const partition of [0, 1, 2]) {
      const there = consumer.messages.filter((message) => message.partition === partition);
      expect(there.map((message) => Number(message.value.toString()))).toEqual(
        Array.from({ length: 100 }, (_, index) => index * 3 + partition),
      );
    }
  });

  it('keeps partition, key, headers and every byte of the value', async () => {
    const { topic } = world();
    const value = Buffer.from([0, 255, 10, 0xc3, 0x28]);
    const headers = { 'content-type': 'application/json', ce_type: 'ä', constructor: 'c' };
    await world()
      .bus()
      .send([
        { topic, partition: 2, key: 'k', value, headers },
        { topic, partition: 1, value: '', headers: {} },
      ]);
    const consumer = world().consumer(group());
    await until('both have come', () => consumer.has([value.toString(), '']));
    const [keyless, keyed] = consumer.messages.sort((a, b) => a.partition - b.partition);
    expect(keyed).toMatchObject({ topic, partition: 2, offset: '0', key: 'k', headers });
    expect(keyed?.value.equals(value)).toBe(true);
    expect(keyless).toMatchObject({ topic, partition: 1, key: null, headers: {} });
    expect(keyless?.value).toHaveLength(0);
  });

  it('sends equal keys to one partition', async () => {
    const { topic } = world();
    const keys = Array.from({ length: 30 }, (_, index) => `key-${index % 5}`);
    await world()
      .bus()
      .send(keys.map((key) => ({ topic, key, value: key, headers: {} })));
    const consumer = world().consumer(group());
    await until('all have come', () => consumer.messages.length >= 30);
    const places = new Set(consumer.messages.map(({ key, partition }) => `${key} ${partition}`));
    expect(places.size).toBe(5);
  });
}

function topicConformance({ world }: BusContext): void {
  it('rejects what cannot be sent: an unknown topic, an unknown partition', async () => {
    const { topic } = world();
    const message = { value: 'x', headers: {} };
    await expect(
      world()
        .bus()
        .send([{ topic: 'nowhere', ...message }]),
    ).rejects.toThrow();
    await expect(
      world()
        .bus()
        .send([{ topic, partition: 9, ...message }]),
    ).rejects.toThrow();
  });

  it('describes topics, and creates each once, whoever else does so at the same time', async () => {
    const name = `conformance.${randomUUID()}`;
    const specs = [
      { name, partitions: 2 },
      { name: world().topic, partitions: 3 },
    ];
    const [first, second] = await Promise.all([
      world().bus().ensureTopics(specs),
      world().bus().ensureTopics(specs),
    ]);
    expect(first.map(({ partitions }) => partitions).sort()).toEqual([2, 3]);
    expect(second).toEqual(first);
    const [again] = await world()
      .bus()
      .ensureTopics([{ name, partitions: 5 }]);
    expect(again?.partitions).toBe(2);
    expect(again?.warnings.join()).toContain('expected 5');
    expect(await world().bus().describeTopics(['nowhere'])).toEqual([]);
  });
}
