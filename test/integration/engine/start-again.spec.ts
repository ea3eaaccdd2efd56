import { setImmediate as nextTurn } from 'node:timers/promises';
import { waitFor } from '../../../tools/wait.mjs';
import { startOf } from '../../setup/engine.js';
import { engineSuite } from '../../setup/engine-suite.js';

const { start, store } = engineSuite();

test('a start that is repeated while its row is being taken over finds what it started', async () => {
  const limits = { leaseMs: 300, pollMs: 10 };
  const dead = await start({ answer: () => 'silence' });
  const requests = Array.from({ length: 200 }, (_, n) => startOf('trip', { trip: `t-${n}` }));
  await Promise.all(requests.map((request) => dead.engine.begin(request)));
  const { engine } = await start({ answer: () => 'silence', limits });
  const ids = requests.map(({ id }) => id);
  const isTakenOver = async () => (await store().load(ids)).every(({ owner }) => owner !== 1);
  const taken = dead.engine
    .stop()
    .then(() =>
      waitFor(isTakenOver, { timeoutMs: 10_000, what: 'every row to be taken over', everyMs: 5 }),
    );
  let isOver = false;
  const answers = new Set<boolean>();
  const again = async () => {
    while (!isOver) {
      const begun = await Promise.all(requests.map((request) => engine.begin(request)));
      for (const { isNew } of begun) answers.add(isNew);
      await nextTurn(); // What is in memory answers at once, and nothing else would get its turn.
    }
  };
  await Promise.all([taken.finally(() => (isOver = true)), again()]);
  expect([...answers]).toEqual([false]);
});
