import { randomUUID } from 'node:crypto';
import { busDeliveryConformance } from './bus-delivery.js';
import { busFailureConformance } from './bus-failure.js';
import { BusWorld, type BusHarness } from './bus-harness.js';
import { busMembershipConformance } from './bus-membership.js';

/**
 * What every implementation of the Bus port keeps; call it in a spec, under Jest's globals.
 *
 * @param name of the implementation
 * @param setUp makes the log that all clients of one run share
 */
export function busConformance(name: string, setUp: () => Promise<BusHarness>): void {
  describe(`the bus of ${name}`, () => {
    let harness: BusHarness;
    let world: BusWorld;
    let group: string;

    beforeAll(async () => {
      harness = await setUp();
    }, 600_000);
    afterAll(() => harness.tearDown(), 60_000);

    beforeEach(async () => {
      group = `group.${randomUUID()}`;
      world = new BusWorld(harness);
      await world.setUp();
    });
    afterEach(() => world.tearDown());

    const context = { world: () => world, group: () => group };
    busDeliveryConformance(context);
    busFailureConformance(context);
    busMembershipConformance(context);
  });
}
