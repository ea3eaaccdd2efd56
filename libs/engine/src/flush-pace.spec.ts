import { FlushPace } from './flush-pace.js';

/** Flushes that follow each other, each of so many ms; the time at which the last one ended. */
function took(pace: FlushPace, ms: number, times: number): number {
  pace.began(0);
  for (let time = 1; time <= times; time++) pace.ended(time * ms);
  return times * ms;
}

it('takes a flush for nearly done as long as none has ended', () => {
  const pace = new FlushPace();
  pace.began(1_000);
  expect(pace.isNearlyDone(1_000)).toBe(true);
});

it('takes short flushes for nearly done at once', () => {
  const pace = new FlushPace();
  expect(pace.isNearlyDone(took(pace, 2, 100))).toBe(true);
});

it('learns how long a flush takes, and counts from where the store went on', () => {
  const pace = new FlushPace();
  const at = took(pace, 10, 100);
  expect([7, 9].map((ms) => pace.isNearlyDone(at + ms))).toEqual([false, true]);
});

it('counts anew from a flush that finds the store idle', () => {
  const pace = new FlushPace();
  const at = took(pace, 10, 100) + 500;
  expect(pace.isNearlyDone(at)).toBe(true);
  pace.began(at);
  expect([7, 9].map((ms) => pace.isNearlyDone(at + ms))).toEqual([false, true]);
});

it('follows a store that becomes slower', () => {
  const pace = new FlushPace();
  took(pace, 2, 100);
  const at = took(pace, 20, 40);
  expect([15, 17].map((ms) => pace.isNearlyDone(at + ms))).toEqual([false, true]);
});
