import { BusProbe, until, type BusContext } from './bus-harness.js';

/** The part of `busConformance` that is about who has which partition, and about endings. */
export function busMembershipConformance(context: BusContext): void {
  restartConformance(context);
  rebalanceConformance(context);
  closeConformance(context);
}

function restartConformance({ world, group }: BusContext): void {
  it('goes on at the first unsettled message of each partition after a crash', async () => {
    await world().send(9);
    const options = { group: group(), topics: [world().topic] };
    const first = new BusProbe(world().bus(), options, true);
    await until('all have come', () => first.delivered.length === 9);
    // Partition 0 has 0 3 6, partition 1 has 1 4 7, partition 2 has 2 5 8.
    for (const value of ['0', '6', '4', '7', '2', '5', '8']) first.settle(value);
    await first.bus.close({ drainTimeoutMs: 0 }); // As a crash: nobody waits for the handlers.

    const second = world().consumer(group());
    const later = await world().send(3, 9);
    await until('the rest has come', () => second.has([...later, '3', '1']));
    expect(second.delivered.map(Number).sort((a, b) => a - b)).toEqual([1, 3, 4, 6, 7, 9, 10, 11]);
  });

  it('stores nothing for messages that were delivered and not settled', async () => {
    const values = await world().send(6);
    const options = { group: group(), topics: [world().topic] };
    const first = new BusProbe(world().bus(), options, true);
    await until('all have come', () => first.delivered.length === 6);
    await first.bus.close({ drainTimeoutMs: 0 });
    const second = world().consumer(group());
    await until('all have come again', () => second.has(values));
  });
}

function rebalanceConformance({ world, group }: BusContext): void {
  it('shares partitions out anew in mid-batch: nothing lost, stale batches have no say', async () => {
    const values = await world().send(60);
    const options = { group: group(), topics: [world().topic] };
    const first = new BusProbe(world().bus(), options, true);
    await until('all have come', () => first.delivered.length === 60);
    expect(first.subscription.assigned()).toEqual([
      { topic: world().topic, partitions: [0, 1, 2] },
    ]);

    const second = world().consumer(group());
    await until('the partitions are shared', () => second.subscription.assigned().length > 0);
    await until('the first knows', () => first.batches.some((batch) => batch.isStale()));
    const stale = new Set(first.batches.filter((b) => b.isStale()).map((b) => b.partition));
    const lost = values.filter((value) => stale.has(Number(value) % 3));
    const kept = values.filter((value) => !stale.has(Number(value) % 3));
    expect(lost.length).toBeGreaterThan(0);
    expect(kept.length).toBeGreaterThan(0);

    await until('the second has what moved', () => second.has(lost));
    for (const value of values) first.settle(value); // Of stale batches, too: that counts nowhere.
    const later = await world().send(60, 60);
    const both = () => [...first.delivered, ...second.delivered];
    await until('later ones have come', () => later.every((value) => both().includes(value)));
    expect(second.has(kept)).toBe(false);
    // Kept partitions go on without repeats.
    expect(first.delivered.filter((value) => kept.includes(value))).toHaveLength(kept.length);
  });

  it('gives the partitions of a member that leaves to those that stay', async () => {
    const first = world().consumer(group());
    const second = world().consumer(group());
    const count = (consumer: BusProbe) =>
      consumer.subscription.assigned()[0]?.partitions.length ?? 0;
    await until('both have some', () => count(first) > 0 && count(second) > 0);
    expect(count(first) + count(second)).toBe(3);
    await second.bus.close();
    await until('the first has all', () => count(first) === 3);
    const values = await world().send(9);
    await until('all have come', () => first.has(values));
  });
}

function closeConformance({ world, group }: BusContext): void {
  it('closes in order: intake, handlers, which may still send, offsets, then the producer', async () => {
    const { topic } = world();
    await world().send(3);
    const bus = world().bus();
    const happened: string[] = [];
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const consumer = new BusProbe(bus, {
      group: group(),
      topics: [topic],
      onBatch: async (batch) => {
        happened.push('begun');
        await gate;
        await bus.send([{ topic, partition: 0, value: 'reply', headers: {} }]);
        consumer.take(batch);
        happened.push('done');
      },
    });
    await until('handlers work', () => happened.length === 3);
    const closing = bus.close().then(() => happened.push('closed'));
    await world().send(3, 3); // Comes too late for this member.
    release();
    await closing;
    expect(happened).toEqual(['begun', 'begun', 'begun', 'done', 'done', 'done', 'closed']);
    await expect(bus.send([{ topic, value: 'x', headers: {} }])).rejects.toThrow('closed');
    expect(() => bus.subscribe({ ...IDLE, group: group(), topics: [topic] })).toThrow('closed');

    const next = world().consumer(group());
    await until('the rest has come', () => next.delivered.length >= 6);
    expect(next.delivered.sort()).toEqual(['3', '4', '5', 'reply', 'reply', 'reply']);
  });

  it('reports its state', async () => {
    const bus = world().bus();
    const consumer = new BusProbe(bus, { group: group(), topics: [world().topic] });
    expect(bus.health().connected).toBe(false);
    expect(bus.health().reasons).toHaveLength(1);
    await consumer.subscription.joined;
    await until('it is well', () => bus.health().connected);
    expect(bus.health().reasons).toEqual([]);
    expect(consumer.subscription.health()).toMatchObject({ group: group(), state: 'running' });
    await bus.close();
    expect(consumer.subscription.health().state).toBe('closed');
    expect(bus.health()).toMatchObject({ connected: false, reasons: ['the bus is closed'] });
  });
}

const IDLE = { onBatch: () => Promise.resolve(), onPoison: () => Promise.resolve() };
