import { ifVersionIn, preferencesApplied, preferencesIn } from './preferences.js';

test.each([
  [undefined, undefined, false],
  ['wait=10', 10, false],
  ['Wait = "5"', 5, false],
  ['respond-async, wait=10; foo=1', 10, false],
  [['return=minimal', 'wait=3'], 3, true],
  ['wait=500', 60, false],
  ['wait=0', undefined, false],
  ['wait=soon', undefined, false],
  ['await=3', undefined, false],
])('Prefer: %j', (header, waitSeconds, isMinimal) => {
  expect(preferencesIn(header)).toEqual({ waitSeconds, isMinimal });
});

test('what was applied is said', () => {
  expect(preferencesApplied({ waitSeconds: 10, isMinimal: true })).toBe('wait=10, return=minimal');
  expect(preferencesApplied({ waitSeconds: undefined, isMinimal: false })).toBeUndefined();
});

test('If-Match is one quoted version', () => {
  expect(ifVersionIn(undefined)).toBeUndefined();
  expect(ifVersionIn('"7"')).toBe(7);
  for (const wrong of ['7', '*', 'W/"7"', '"x"', '"7", "8"', '']) {
    expect(() => ifVersionIn(wrong)).toThrow('If-Match');
  }
});
