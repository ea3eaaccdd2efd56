import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fc, test } from '@fast-check/jest';
import { TransientMap } from './transient-map.js';

const key = fc.constantFrom('a', 'b', 'c', 'd');
const act = fc.record({ kind: fc.constantFrom('set', 'delete', 'clear'), key, value: fc.nat() });

test.prop([fc.array(act)])('it is a map, in the order in which keys came', (acts) => {
  const map = new TransientMap<string, { readonly value: number }>();
  const model = new Map<string, { readonly value: number }>();
  for (const { kind, key: at, value } of acts) {
    if (kind === 'set') {
      map.set(at, { value });
      model.set(at, { value });
    } else if (kind === 'clear') {
      map.clear();
      model.clear();
    } else {
      expect(map.delete(at)).toBe(model.delete(at));
    }
    expect(map.get(at)).toEqual(model.get(at));
    expect(map.has(at)).toBe(model.has(at));
    expect(map.size).toBe(model.size);
    expect([...map.keys()]).toEqual([...model.keys()]);
    expect([...map.values()]).toEqual([...model.values()]);
  }
});

test('a young collection takes what has left it', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void;
  const map = new TransientMap<number, number[]>();

  /** A hundred of 1 kB are in it all the time. */
  function pass(from: number, to: number): void {
    for (let index = from; index < to; index++) {
      map.set(
        index,
        Array.from({ length: 128 }, () => index),
      );
      map.delete(index - 100);
      if (index % 100 === 0) collect({ type: 'minor' });
    }
  }

  pass(0, 1_000);
  collect(); // What is in it now, its table too, is old.
  const before = process.memoryUsage().heapUsed;
  pass(1_000, 21_000);
  // A `Map` would have kept 20 MB of them until the next full collection.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000);
  expect(map.size).toBe(100);
});
