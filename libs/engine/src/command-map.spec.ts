import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fc, test } from '@fast-check/jest';
import type { TransactionId } from '@skald/core';
import { CommandMap, type CommandPlace } from './command-map.js';

const place = fc.record({
  transaction: fc.constantFrom('t-1', 't-2', 't-3') as fc.Arbitrary<TransactionId>,
  step: fc.constantFrom('a', 'b'),
  direction: fc.constantFrom<CommandPlace['direction']>('action', 'compensation'),
});
const act = fc.record({ kind: fc.constantFrom('set', 'take'), place, value: fc.nat() });

test.prop([fc.array(act)])('it is a map by transaction, step and direction', (acts) => {
  const map = new CommandMap<number>();
  const model = new Map<string, number>();
  for (const { kind, place: at, value } of acts) {
    const key = `${at.transaction}/${at.step}/${at.direction}`;
    if (kind === 'set') {
      map.set(at, value);
      model.set(key, value);
    } else {
      expect(map.take(at)).toBe(model.get(key));
      model.delete(key);
    }
    expect(map.get(at)).toBe(model.get(key));
    expect(map.size).toBe(model.size);
    expect(map.first() === undefined).toBe(model.size === 0);
  }
});

test('the first is of the transaction that came first', () => {
  const map = new CommandMap<string>();
  const of = (transaction: string, step: string) =>
    ({ transaction: transaction as TransactionId, step, direction: 'action' }) as const;
  map.set(of('t-1', 'a'), '1a');
  map.set(of('t-2', 'a'), '2a');
  map.set(of('t-1', 'b'), '1b');
  expect(map.first()).toBe('1a');
  map.take(of('t-1', 'a'));
  expect(map.first()).toBe('1b');
  map.take(of('t-1', 'b'));
  expect(map.first()).toBe('2a');
});

describe('it does not grow by what passes through', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;

  /** A hundred are in it all the time. */
  function pass(map: CommandMap<number>, from: number, to: number): void {
    const of = (index: number): CommandPlace => ({
      transaction: `t-${index}` as TransactionId,
      step: 'a',
      direction: 'action',
    });
    for (let index = from; index < to; index++) {
      map.set(of(index), index);
      if (index >= 100) map.take(of(index - 100));
    }
  }

  function heapBytes(): number {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  }

  test.each([
    ['that is not asked for its first', () => undefined],
    ['that was asked once', (map: CommandMap<number>) => map.first()],
  ])('a map %s', (_, look) => {
    const map = new CommandMap<number>();
    pass(map, 0, 1_000);
    look(map);
    const before = heapBytes();
    pass(map, 1_000, 201_000);
    // An iterator that stands still would keep 20 MB of outgrown tables.
    expect(heapBytes() - before).toBeLessThan(4_000_000);
    expect(map.size).toBe(100);
  });
});
