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
