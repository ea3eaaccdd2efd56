import { emptyOf, hintOf, kindOf, type Schema } from './schema.js';

const order: Schema = {
  type: 'object',
  properties: {
    customerId: { type: 'string', pattern: '^c-' },
    items: { type: 'array', minItems: 1, items: { $ref: '#/$defs/Item' } },
    gift: { type: 'boolean' },
  },
  required: ['customerId', 'items'],
  $defs: {
    Item: {
      type: 'object',
      properties: { sku: { type: 'string' }, quantity: { type: 'integer', exclusiveMinimum: 0 } },
      required: ['sku', 'quantity'],
    },
  },
};

test('a form begins with what is required, through references', () => {
  expect(emptyOf(order)).toEqual({ customerId: '', items: [{ sku: '', quantity: 1 }] });
});

test.each([
  [{ enum: ['a', 'b'] }, 'choice'],
  [{ type: 'integer' }, 'number'],
  [{ type: 'object' }, 'json'],
  [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, 'json'],
  [{ type: ['string', 'null'] }, 'json'],
] satisfies [Schema, string][])('%j is entered as %s', (schema, kind) => {
  expect(kindOf(schema)).toBe(kind);
});

test('a hint tells the limits that mean something', () => {
  const maximum = Number.MAX_SAFE_INTEGER;
  expect(hintOf({ type: 'integer', exclusiveMinimum: 0, maximum })).toBe('more than 0');
  expect(hintOf({ type: 'string', maxLength: 5, description: 'A code' })).toBe(
    'A code; at most 5 characters',
  );
});
