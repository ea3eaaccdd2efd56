import { linkOf } from './links.js';

const of = { id: '0198', definition: 'place-order' };

test('a template leads to the transaction elsewhere', () => {
  expect(linkOf({ name: 'Traces', url: 'https://traces.example/?q={id}&d={definition}' }, of)).toBe(
    'https://traces.example/?q=0198&d=place-order',
  );
});

test.each(['javascript:alert(1)', 'data:text/html,{id}', '/relative', 'https://'])(
  '%s is no link',
  (url) => {
    expect(linkOf({ name: 'x', url }, of)).toBeUndefined();
  },
);
