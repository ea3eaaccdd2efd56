import { parseRetryAfter } from './retry-after.js';

const AT = Date.UTC(2026, 10, 22, 10, 0, 0);

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['2', 2000],
    [' 120 ', 120_000],
    ['99999999999999999999', 3_600_000],
    ['Sun, 22 Nov 2026 10:00:30 GMT', 30_000],
    ['Sunday, 22-Nov-26 10:00:30 GMT', 30_000],
    ['Sun Nov 22 10:00:30 2026 GMT', 30_000],
    ['Sun, 22 Nov 2026 09:00:00 GMT', 0],
    ['Mon, 22 Nov 2027 10:00:00 GMT', 3_600_000],
  ])('%s means %s ms', (header, expected) => {
    expect(parseRetryAfter(header, AT)).toBe(expected);
  });

  it.each([undefined, '', 'soon', '-1', '1.5', '0x10', 'Sun, 99 Foo 2026 10:00:30 GMT'])(
    '%s says nothing',
    (header) => {
      expect(parseRetryAfter(header, AT)).toBeUndefined();
    },
  );
});
