import { fc, test as property } from '@fast-check/jest';
import { covers, decodePosition, encodePosition, merge } from './position.js';

const Position = fc
  .dictionary(
    fc.integer({ min: 1, max: 999_999 }).map(String),
    fc.tuple(fc.nat(1e9), fc.nat(1e6)),
    { maxKeys: 5 },
  )
  .map((position) => ({ ...position }));

property.prop([Position])('a position survives its way to the client and back', (position) => {
  const text = encodePosition(position);
  expect(text).toMatch(/^[\w-]+$/);
  expect(decodePosition(text)).toEqual(position);
});

property.prop([Position, Position])('merging covers both and nothing more', (one, other) => {
  const merged = merge(one, other);
  expect(covers(merged, one) && covers(merged, other)).toBe(true);
  for (const [writer, at] of Object.entries(merged)) {
    expect([one[writer], other[writer]]).toContainEqual(at);
  }
});

test('a writer never seen is not covered, not even its first row', () => {
  expect(covers({ 1: [5, 0] }, { 2: [0, 0] })).toBe(false);
  expect(covers({ 1: [5, 3] }, { 1: [5, 3] })).toBe(true);
  expect(covers({ 1: [5, 3] }, { 1: [5, 4] })).toBe(false);
  expect(covers({ 1: [6, 0] }, { 1: [5, 9] })).toBe(true);
});

test.each(['', 'x', '%%%', 'MS4y', Buffer.from('1.2.-3').toString('base64url')])(
  'the position %j is refused',
  (text) => {
    expect(() => decodePosition(text)).toThrow('Last-Event-ID');
  },
);
