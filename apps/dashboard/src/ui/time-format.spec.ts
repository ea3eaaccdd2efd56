import { duration, relative } from './time-format.js';

test.each([
  [0, '0 ms'],
  [38.4, '38 ms'],
  [999, '999 ms'],
  [4_290, '4.2 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [200_000, '3 min 20 s'],
  [3_600_000, '1 h'],
  [187_200_000, '2 d 4 h'],
  [-5, '0 ms'],
])('a duration of %d ms reads %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('a time before and after now is told from it', () => {
  const now = Date.UTC(2026, 10, 25, 12);
  expect(relative(now - 12_400, now)).toBe('12 s ago');
  expect(relative(now + 4_000, now)).toBe('in 4 s');
  expect(relative(now - 3 * 86_400_000, now)).toBe('3 d ago');
  expect(relative(now + 200, now)).toBe('now');
});
