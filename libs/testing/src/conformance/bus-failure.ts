import { RedeliverLater, type BusBatch } from '@skald/transport-kafka';
import { until, type BusContext } from './bus-harness.js';

/** The part of `busConformance` that is about handlers that fail or are slow. */
export function busFailureConformance(context: BusContext): void {
  poisonConformance(context);
  outageConformance(context);
  pressureConformance(context);
}

function poisonConformance({ world, group }: BusContext): void {
  it('loses nothing when handlers throw, also midway', async () => {
    const values = await world().send(60);
    let calls = 0;
    const consumer = world().consumer(group(), {
      maxBatch: 7,
      maxFailures: 100,
      onBatch: (batch) => {
        calls++;
        const first = batch.messages[0]?.value.toString();
        if (calls % 3 === 0) consumer.take(batch, (value) => value === first);
        if (calls % 3 === 2) consumer.take(batch);
        return calls % 3 === 2 ? Promise.resolve() : Promise.reject(new Error('no luck'));
      },
    });
    await until('all are settled', () => consumer.has(values));
    expect(consumer.poisoned).toEqual([]);
    expect(consumer.subscription.health().unsettled).toBe(0);
  });

  it('sets a poison message aside and brings the others of its batch and partition', async () => {
    const values = await world().send(60);
    const poison = '30';
    const healthy = values.filter((value) => value !== poison);
    const consumer = world().consumer(group(), {
      onBatch: (batch: BusBatch) => {
        // As a parser would that looks at all before it begins.
        if (batch.messages.some((message) => message.value.toString() === poison)) {
          return Promise.reject(new SyntaxError('not JSON'));
        }
        consumer.take(batch);
        return Promise.resolve();
      },
    });
    await until('the poison is set aside', () => consumer.poisoned.length > 0);
    expect(consumer.poisoned).toEqual([poison]);
    expect(consumer.has(healthy)).toBe(true);
    await consumer.bus.close();

    const next = world().consumer(group());
    const more = await world().send(3, 60);
    await until('later messages have come', () => next.has(more));
    expect(next.delivered.sort()).toEqual(more);
  });
}

function outageConformance({ world, group }: BusContext): void {
  it('asks the handler again when the dead letter could not be stored', async () => {
    await world().send(1);
    let isDatabaseDown = true;
    const consumer = world().consumer(group(), {
      maxFailures: 2,
      onBatch: (batch) => {
        if (isDatabaseDown) return Promise.reject(new Error('connection refused'));
        consumer.take(batch);
        return Promise.resolve();
      },
      onPoison: () => {
        isDatabaseDown = false; // Too late for the dead letter, in time for the message.
        return Promise.reject(new Error('connection refused'));
      },
    });
    await until('the message is settled', () => consumer.has(['0']));
    expect(consumer.subscription.health().unsettled).toBe(0);
  });

  it('never counts it against a message that the handler as a whole cannot work', async () => {
    const values = await world().send(9);
    let refusals = 0;
    const consumer = world().consumer(group(), {
      maxFailures: 2,
      onBatch: (batch) => {
        if (++refusals < 20) return Promise.reject(new RedeliverLater(5));
        consumer.take(batch);
        return Promise.resolve();
      },
    });
    await until('all are settled', () => consumer.has(values));
    expect(consumer.poisoned).toEqual([]);
  });
}

function pressureConformance({ world, group }: BusContext): void {
  it('rejects single messages of a batch that go on later', async () => {
    await world().send(9);
    const rejections = new Map<string, number>();
    const consumer = world().consumer(group(), {
      maxFailures: 3,
      onBatch: (batch) => {
        consumer.take(batch, (value) => Number(value) % 3 !== 0);
        for (const message of batch.messages) {
          const value = message.value.toString();
          if (consumer.settled.has(value)) continue;
          setImmediate(() => {
            rejections.set(value, (rejections.get(value) ?? 0) + 1);
            batch.reject(message, new Error('not this one'));
          });
        }
        return Promise.resolve();
      },
    });
    await until('three are set aside', () => consumer.poisoned.length === 3);
    expect(consumer.poisoned.sort()).toEqual(['0', '3', '6']);
    expect([...rejections.values()]).toEqual([3, 3, 3]);
    expect(consumer.settled.size).toBe(6);
  });

  it('stops fetching what the handler cannot take, and loses nothing by it', async () => {
    const values = await world().send(600);
    let underWay = 0;
    const consumer = world().consumer(group(), {
      maxBatch: 5,
      highWaterMark: 20,
      onBatch: async (batch) => {
        underWay++;
        await new Promise((resolve) => setImmediate(resolve));
        consumer.take(batch);
        underWay--;
      },
    });
    const later = await world().send(300, 600);
    await until('all are settled', () => consumer.has([...values, ...later]));
    expect(underWay).toBe(0);
    expect(consumer.delivered).toHaveLength(900);
  });
}
