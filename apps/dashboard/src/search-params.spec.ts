import { parseSearch, stringifySearch } from './search-params.js';

test('filters read in the URL as they do in the API', () => {
  const search = { status: ['parked', 'running'], label: ['shop:eu'], q: 'a&b=c', from: undefined };
  expect(stringifySearch(search)).toBe('?status=parked&status=running&label=shop%3Aeu&q=a%26b%3Dc');
  expect(parseSearch('?status=parked&status=running&q=a%26b%3Dc')).toEqual({
    status: ['parked', 'running'],
    q: 'a&b=c',
  });
});

test('nothing chosen leaves the URL bare', () => {
  expect(stringifySearch({ status: [], q: '', open: false })).toBe('');
});
