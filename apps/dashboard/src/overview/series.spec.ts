import type { Schemas } from '../api/client.js';
import { definitionsIn, isAlone, pointsOf } from './series.js';

const start = Date.UTC(2026, 10, 25, 12);
const iso = (minutes: number) => new Date(start + minutes * 60_000).toISOString();

const bucket = (minutes: number, definition: string, completed: number, compensated = 0) => ({
  at: iso(minutes),
  definition,
  started: completed + compensated,
  completed,
  compensated,
  parked: 0,
  p50Ms: 10,
  p95Ms: 20,
  p99Ms: 30,
});

const stats = {
  from: iso(0),
  to: iso(3),
  bucketMs: 60_000,
  buckets: [bucket(0, 'a', 3, 1), bucket(0, 'b', 4), bucket(2, 'a', 1)],
  parkedByReason: {},
} as unknown as Schemas['Stats'];

test('quiet buckets are there, with nothing in them', () => {
  expect(pointsOf(stats, undefined).map(({ completed }) => completed)).toEqual([7, 0, 1]);
  expect(pointsOf(stats, undefined).map(({ success }) => success)).toEqual([87.5, null, 100]);
});

test('a bucket that is not over is left out, unless there is no other', () => {
  const early = { ...stats, to: iso(2.5) };
  expect(pointsOf(early, undefined).map(({ completed }) => completed)).toEqual([7, 0]);
  const first = { ...stats, to: iso(0.5) };
  expect(pointsOf(first, undefined).map(({ completed }) => completed)).toEqual([7]);
});

test('percentiles are those of one definition and never a mixture', () => {
  expect(pointsOf(stats, undefined).map(({ p95 }) => p95)).toEqual([null, null, 20]);
  expect(pointsOf(stats, 'a').map(({ p95 }) => p95)).toEqual([20, null, 20]);
});

test('a value that is alone is told from a line', () => {
  const points = pointsOf(stats, undefined);
  expect(isAlone(points, 'p95')).toBe(true);
  expect(isAlone(points, 'success')).toBe(false);
  expect(isAlone(points.slice(1, 2), 'p95')).toBe(false);
});

test('the busiest definition comes first', () => {
  expect(definitionsIn(stats)).toEqual(['a', 'b']);
});
