import type { Flush, FlushResult, TransactionStore } from '@skald/engine';
import { waitFor } from '../../../tools/wait.mjs';
import { startEngine, startOf } from '../../setup/engine.js';
import { engineSuite } from '../../setup/engine-suite.js';
import { tripSaga } from '../../setup/trip.saga.js';

const { start, store } = engineSuite();

const silence = () => 'silence' as const;

/** The store, but that its commits wait. */
function held(until: Promise<void>): TransactionStore {
  return new Proxy<TransactionStore>(store(), {
    get(target, name): unknown {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== 'function') return method;
      if (name !== 'commit') return method.bind(target) as unknown;
      return async (flush: Flush): Promise<FlushResult> => {
        await until;
        return target.commit(flush);
      };
    },
  });
}

test('a start that is repeated while its row is being taken over finds what it started', async () => {
  const dead = await start({ answer: silence });
  const request = startOf('trip', { trip: 'a' });
  await dead.engine.begin(request);
  await dead.engine.stop();
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const limits = { leaseMs: 200, pollMs: 10 };
  const other = await startEngine(held(released), [tripSaga()], { answer: silence, limits });
  try {
    const again = other.engine.begin(request);
    // Its command leaves once the row is taken over; the commit of the repeated start is still on its way.
    const isTakenOver = () => other.transport.sent.length > 0;
    await waitFor(isTakenOver, { timeoutMs: 10_000, what: 'the row to be taken over' });
    release();
    const { isNew, snapshot } = await again;
    expect(isNew).toBe(false);
    expect(snapshot.started.requestHash).toBe(request.requestHash);
    expect(other.transport.sent).toHaveLength(1);
  } finally {
    release();
    await other.engine.stop();
  }
});
