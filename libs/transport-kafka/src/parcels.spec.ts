import { decodeCommand, MAX_BATCH_BYTES, type OutgoingCommand } from '@skald/core';
import { makeCommand } from './command.fixture.js';
import { KafkaRoutes } from './kafka-routes.js';
import { packParcels } from './parcels.js';

const routes = () =>
  new KafkaRoutes('skald', { inventory: { mode: 'batch' }, payment: { mode: 'single' } }, 3);

function commands(count: number, given: Partial<OutgoingCommand> = {}): OutgoingCommand[] {
  return Array.from({ length: count }, () => makeCommand(given));
}

function eventsIn(value: string | Buffer): unknown[] {
  return JSON.parse(value.toString()) as unknown[];
}

describe('the commands of one flush', () => {
  it('share records of a hundred where batches are spoken, and leave in one parcel', () => {
    const flush = [...commands(250), ...commands(2, { participant: 'payment' })];
    const { parcels, tooLarge, homeless } = packParcels(flush, routes(), 1_000);
    expect([parcels.length, tooLarge, homeless]).toEqual([1, [], []]);
    const [parcel] = parcels;
    expect(new Set(parcel?.commands)).toEqual(new Set(flush));
    const batches = parcel?.messages.filter(({ topic }) => topic === 'skald.inventory.commands');
    expect(batches?.map(({ partition, key, headers }) => [partition, key, headers])).toEqual(
      [0, 1, 2].map((partition) => [
        partition,
        undefined,
        { 'content-type': 'application/cloudevents-batch+json' },
      ]),
    );
    const events = batches?.flatMap(({ value }) => eventsIn(value)) ?? [];
    expect(events.map((event) => decodeCommand(event).transaction)).toEqual(
      flush.slice(0, 250).map(({ transaction }) => transaction),
    );
    const singles = parcel?.messages.filter(({ topic }) => topic === 'skald.payment.commands');
    expect(singles?.map(({ key, value }) => [key, value])).toEqual(
      flush.slice(250).map(({ transaction, body }) => [transaction, body]),
    );
  });

  it.each(['inventory', 'payment'])(
    'are split where a partition would get more than brokers take: %s',
    (participant) => {
      const body = JSON.stringify('x'.repeat(200_000));
      const flush = commands(12, { participant, body });
      const { parcels } = packParcels(flush, routes(), 1_000);
      expect(parcels.length).toBeGreaterThan(1);
      expect(parcels.flatMap((parcel) => parcel.commands)).toEqual(flush);
      for (const { messages } of parcels) {
        const sizes = new Map<number, number>();
        for (const { partition = -1, value } of messages) {
          sizes.set(partition, (sizes.get(partition) ?? 0) + value.length);
        }
        for (const size of sizes.values()) expect(size).toBeLessThanOrEqual(MAX_BATCH_BYTES);
      }
    },
  );

  it.each(['inventory', 'payment'])('are told apart when one is too large: %s', (participant) => {
    const body = JSON.stringify('x'.repeat(MAX_BATCH_BYTES));
    const [huge, other] = [makeCommand({ participant, body }), makeCommand({ participant })];
    const { parcels, tooLarge } = packParcels([huge, other], routes(), 1_000);
    expect(tooLarge).toEqual([huge]);
    expect(parcels.flatMap((parcel) => parcel.commands)).toEqual([other]);
  });

  it('go nowhere when nobody is registered for them', () => {
    const stray = makeCommand({ participant: 'order' });
    expect(packParcels([stray], routes(), 1_000)).toEqual({
      parcels: [],
      tooLarge: [],
      homeless: [stray],
    });
  });
});
