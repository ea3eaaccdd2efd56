import { filterOf, isFiltered, listSearchOf } from './list-search.js';

const now = Date.UTC(2026, 10, 25, 12, 30, 17);

test('a URL becomes the API filter, a range begins at a whole minute', () => {
  const search = listSearchOf({ status: 'parked', label: ['shop:eu', 'a:b'], range: '1h' });
  expect(filterOf(search, now)).toEqual({
    status: ['parked'],
    label: ['shop:eu', 'a:b'],
    from: '2026-11-25T11:30:00.000Z',
  });
});

test('what the URL has no right to is dropped and the rest stays', () => {
  const search = listSearchOf({ status: ['parked', 'nonsense'], range: 'x', q: 'widget' });
  expect(filterOf(search, now)).toEqual({ status: ['parked'], q: 'widget' });
});

test('the choice of columns is no filter', () => {
  expect(isFiltered(listSearchOf({ columns: ['id'] }))).toBe(false);
  expect(isFiltered(listSearchOf({ q: 'x' }))).toBe(true);
});
