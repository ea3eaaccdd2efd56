import { DatabaseClock } from './clock.js';

test('time is what the database said, carried on by the monotonic clock', () => {
  let ticks = 1_000;
  const clock = new DatabaseClock(() => ticks);
  clock.sync(50_000, 990); // Asked at 990, answered at 1,000: the database read its clock at 995.
  expect(clock.now()).toBe(50_005);
  ticks += 40;
  expect(clock.now()).toBe(50_045);
});

test('it never goes back when the database corrects it', () => {
  let ticks = 0;
  const clock = new DatabaseClock(() => ticks);
  clock.sync(50_000, 0);
  expect(clock.now()).toBe(50_000);
  clock.sync(40_000, 0);
  expect(clock.now()).toBe(50_000);
  ticks = 10_010;
  expect(clock.now()).toBe(50_010);
});
