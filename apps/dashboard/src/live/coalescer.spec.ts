import { createCoalescer } from './coalescer.js';

function clock() {
  let time = 0;
  let due: { at: number; work: () => void }[] = [];
  return {
    now: () => time,
    later: (work: () => void, ms: number) => void due.push({ at: time + ms, work }),
    pass: (ms: number) => {
      time += ms;
      const ripe = due.filter(({ at }) => at <= time);
      due = due.filter(({ at }) => at > time);
      for (const { work } of ripe) work();
    },
    waiting: () => due.length,
  };
}

test('the first change goes on at once, a flood after it in bundles of the latest', () => {
  const { now, later, pass } = clock();
  const bundles: [string, number][][] = [];
  const changes = createCoalescer<number>({
    everyMs: 500,
    crowdedMs: 1_000,
    flush: (items) => bundles.push([...items]),
    now,
    later,
  });
  changes.add('a', 1);
  pass(0);
  expect(bundles).toEqual([[['a', 1]]]);
  for (let version = 2; version <= 1_000; version += 1) changes.add('a', version);
  changes.add('b', 1);
  pass(500);
  expect(bundles.slice(1)).toEqual([
    [
      ['a', 1_000],
      ['b', 1],
    ],
  ]);
});

test('a quiet stream schedules nothing', () => {
  const { now, later, pass, waiting } = clock();
  const flush = () => undefined;
  const changes = createCoalescer<number>({ everyMs: 500, crowdedMs: 1_000, flush, now, later });
  changes.add('a', 1);
  pass(0);
  pass(10_000);
  expect(waiting()).toBe(0);
});

test('while it is crowded bundles are rarer, and afterwards as before', () => {
  const { now, later, pass } = clock();
  let bundles = 0;
  const flush = () => (bundles += 1);
  const changes = createCoalescer<number>({ everyMs: 500, crowdedMs: 1_000, flush, now, later });
  const bundlesIn = (ms: number, isCrowded: boolean) => {
    bundles = 0;
    for (let passed = 0; passed < ms; passed += 250) {
      changes.add('a', passed);
      if (isCrowded) changes.crowded();
      pass(250);
    }
    return bundles;
  };
  expect(bundlesIn(10_000, false)).toBe(20);
  expect(bundlesIn(10_000, true)).toBe(10);
  bundlesIn(3_000, false);
  expect(bundlesIn(10_000, false)).toBe(20);
});
