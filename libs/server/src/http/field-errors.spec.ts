import { CoordinatorError, type FieldError } from '@skald/core';
import { z } from 'zod';
import { checked } from './field-errors.js';

const Item = z.strictObject({ sku: z.string().min(1), quantity: z.int().positive() });
const Order = z
  .strictObject({
    id: z.uuid().optional(),
    at: z.iso.datetime().optional(),
    items: z.array(Item).max(2),
    size: z.enum(['s', 'm']).optional(),
    notes: z.record(z.string(), z.string().max(3)).optional(),
    code: z.string().regex(/^x/, 'expected an x in front').optional(),
  })
  .meta({ id: 'OrderForErrors' });

function refused(value: unknown): { detail: string; errors: readonly FieldError[] } {
  try {
    checked(Order, value);
  } catch (error) {
    if (!(error instanceof CoordinatorError)) throw error;
    return { detail: error.message, errors: error.context.errors ?? [] };
  }
  throw new Error('accepted');
}

test('a wrong field is told by its path, what was expected and what came', () => {
  expect(refused({ items: [{ sku: 'W', quantity: 'x' }] })).toEqual({
    detail: 'items[0].quantity: expected int > 0, got "x"',
    errors: [{ pointer: '/items/0/quantity', detail: 'expected int > 0' }],
  });
});

test.each([
  [undefined, 'body: expected object, got nothing'],
  [[], 'body: expected object, got an array'],
  [{}, 'items: expected array of at most 2 items, got nothing'],
  [{ items: {} }, 'items: expected array of at most 2 items, got an object'],
  [{ items: [], id: 'x' }, 'id: expected UUID, got "x"'],
  [{ items: [], at: 'now' }, 'at: expected RFC 3339 time, got "now"'],
  [{ items: [], size: 'l' }, 'size: expected one of "s", "m", got "l"'],
  [{ items: [], notes: { a: 5 } }, 'notes.a: expected string of at most 3 characters, got 5'],
  [{ items: [], code: 'abc' }, 'code: expected an x in front'],
  [{ items: [], more: 1 }, 'more: unknown key'],
  [{ items: [], 'a/b': 1 }, 'a/b: unknown key'],
])('%j: %s', (value, detail) => {
  expect(refused(value).detail).toBe(detail);
});

test('all wrong fields are told at once', () => {
  const { errors } = refused({ items: [{ sku: '', quantity: 0 }], size: 1, more: 1 });
  expect(errors.map(({ pointer }) => pointer).sort()).toEqual([
    '/items/0/quantity',
    '/items/0/sku',
    '/more',
    '/size',
  ]);
});

test('long values and many errors are cut', () => {
  expect(refused({ items: [], size: 'y'.repeat(10_000) }).detail.length).toBeLessThan(200);
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, 1]));
  const { detail, errors } = refused({ items: [], ...many });
  expect(errors).toHaveLength(20);
  expect(detail).toMatch(/and 480 more$/);
});
