import { createCoalescer } from './coalescer.js';

function clock() {
  let time = 0;
  const due: { at: number; work: () => void }[] = [];
  return {
    now: () => time,
    later: (work: () => void, ms: number) => void due.push({ at: time + ms, work }),
    pass: (ms: number) => {
      time += ms;
      for (const { work } of due.splice(0).filter(({ at }) => at <= time)) work();
    },
    waiting: () => due.length,
  };
}

test('the first change goes on at once, a flood after it in bundles of the latest', () => {
  const { now, later, pass } = clock();
  const bundles: [string, number][][] = [];
  const changes = createCoalescer<number>({
    everyMs: 500,
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
  const changes = createCoalescer<number>({ everyMs: 500, flush: () => undefined, now, later });
  changes.add('a', 1);
  pass(0);
  pass(10_000);
  expect(waiting()).toBe(0);
});
