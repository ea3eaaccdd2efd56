import { idOfKey, newId } from './uuid.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-([57])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('a key of a principal always means the same id', () => {
  expect(idOfKey('local', 'k-1')).toBe(idOfKey('local', 'k-1'));
  expect(UUID.exec(idOfKey('local', 'k-1'))?.[1]).toBe('5');
});

test('ids of keys never change from release to release', () => {
  expect(idOfKey('local', 'order-1')).toBe('1430b4bd-17ce-56a8-bafd-95f1a427ab72');
});

test('principal and key do not run into each other', () => {
  const ids = new Set([idOfKey('a', 'bc'), idOfKey('ab', 'c'), idOfKey('', 'abc')]);
  expect(ids.size).toBe(3);
});

test('new ids differ and sort by time', () => {
  const ids = Array.from({ length: 2_000 }, (_, i) => newId(1_700_000_000_000 + i));
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
  expect(UUID.exec(ids[0] ?? '')?.[1]).toBe('7');
});
