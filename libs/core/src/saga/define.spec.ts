import { z } from 'zod';
import { participant } from '../contract/participant.js';
import { DefinitionError } from '../errors.js';
import { jsonSchema, pointerOf, validate, type Schema } from '../schema.js';
import { saga, MAX_STEPS, type SagaDefinition } from './define.js';

const Any = z.object({});
const worker = participant('worker', { do: { request: Any, reply: Any } });
const action = [worker.do, () => ({})] as const;
const undoable = { action, compensation: action };
const begin = (name = 'x', options = {}) => saga(name, { version: 1, input: Any, ...options });

function withoutJsonSchema(): Schema {
  return { '~standard': { version: 1, vendor: 'other', validate: (value) => ({ value }) } };
}

const BAD_CONTRACTS: Record<string, [() => unknown, string]> = {
  'a participant with a bad name': [
    () => participant('Order', {}),
    'participant Order: not a name',
  ],
  'an operation with a bad name': [
    () => participant('order', { createOrder: { request: Any, reply: Any } }),
    'operation order.createOrder: not a name',
  ],
  'a name of 42 characters': [() => participant('n'.repeat(42), {}), 'not a name'],
  'no schema at all': [
    () => participant('order', { create: { request: {} as never, reply: Any } }),
    'order.create.request: expected a Standard Schema',
  ],
  'a schema library without JSON Schema': [
    () => participant('order', { create: { request: withoutJsonSchema(), reply: Any } }),
    'the schema library other offers no JSON Schema',
  ],
  'a schema that JSON Schema cannot say': [
    () => participant('order', { create: { request: Any, reply: z.object({ at: z.date() }) } }),
    'order.create.reply: the schema has no JSON Schema',
  ],
};

const later = () => Promise.resolve(true);
const ASYNC_SCHEMAS: Record<string, z.ZodType> = {
  'a refinement of a string': z.string().refine(later),
  'a refinement of a whole object': z.object({ a: z.number() }).refine(later),
  'a refinement deep inside': z.object({ a: z.array(z.object({ b: z.uuid().refine(later) })) }),
  'a refinement of one of several': z.union([z.string().refine(later), z.number()]),
  'a refinement of a literal and an enum': z.tuple([z.literal(1), z.enum(['x']).refine(later)]),
  'a transformation': z.string().transform(() => later()),
};

const BAD_SAGAS: Record<string, [() => SagaDefinition, string]> = {
  'a bad name': [
    () => begin('Place Order').pivot('a', { action }).build(),
    'saga Place Order: the name',
  ],
  'a version that is none': [
    () => begin('x', { version: 0 }).pivot('a', { action }).build(),
    'version 0',
  ],
  'a deadline that is none': [
    () => begin('x', { deadlineMs: Infinity }).pivot('a', { action }).build(),
    'deadlineMs Infinity',
  ],
  'no steps': [() => begin().build(), '0 steps; expected 1 to 100'],
  'a bad step name': [
    () => begin().pivot('Charge', { action }).build(),
    'step Charge does not match',
  ],
  'two steps of one name': [
    () => begin().compensatable('a', undoable).pivot('a', { action }).build(),
    'two steps are named a',
  ],
  'a timeout that is none': [
    () => begin().pivot('a', { action, timeoutMs: Number.NaN }).build(),
    'step a: timeoutMs NaN',
  ],
  'endless attempts': [
    () =>
      begin()
        .pivot('a', { action, retry: { maxAttempts: Infinity } })
        .build(),
    'maxAttempts Infinity is not a whole number',
  ],
  'a backoff that is none': [
    () =>
      begin()
        .pivot('a', { action, retry: { factor: Number.NaN } })
        .build(),
    'the retry policy is not usable',
  ],
  'a compensation that cannot be timed': [
    () =>
      begin()
        .compensatable('a', { ...undoable, compensationTimeoutMs: -1 })
        .build(),
    'step a: timeoutMs -1',
  ],
  'an input without JSON Schema': [
    () => saga('x', { version: 1, input: withoutJsonSchema() }).pivot('a', { action }).build(),
    'saga x: input: the schema library other',
  ],
};

test.each(Object.entries(BAD_CONTRACTS))('a contract is refused for %s', (_name, [build, why]) => {
  expect(build).toThrow(DefinitionError);
  expect(build).toThrow(why);
});

test.each(Object.entries(ASYNC_SCHEMAS))(
  'an asynchronous schema is refused: %s',
  (_name, schema) => {
    const build = () => participant('order', { create: { request: schema, reply: Any } });
    expect(build).toThrow('order.create.request: the schema validates asynchronously');
  },
);

test.each(Object.entries(BAD_SAGAS))('a saga is refused for %s', (_name, [build, why]) => {
  expect(build).toThrow(DefinitionError);
  expect(build).toThrow(why);
});

test('a saga has at most 100 steps', () => {
  const of = (count: number) => {
    let built = begin();
    for (let index = 0; index < count; index++) built = built.compensatable(`s${index}`, undoable);
    return built.build();
  };
  expect(of(MAX_STEPS).steps).toHaveLength(100);
  expect(() => of(MAX_STEPS + 1)).toThrow('101 steps');
});

interface Loose {
  compensatable(name: string, step: object): Loose;
  pivot(name: string, step: object): Loose;
  build(): SagaDefinition;
}

test('the grammar holds without a compiler too', () => {
  const loose = begin() as unknown as Loose;
  const turned = loose.pivot('a', { action }).compensatable('b', undoable);
  const bare = loose.compensatable('a', { action });
  const twice = loose.pivot('a', { action }).pivot('b', { action });

  expect(() => turned.build()).toThrow('then at most one pivot');
  expect(() => twice.build()).toThrow('then at most one pivot');
  expect(() => bare.build()).toThrow('exactly compensatable steps have a compensation');
});

test('two sagas may share a beginning', () => {
  const begun = begin().compensatable('a', undoable);
  expect(begun.pivot('b', { action }).build().steps).toHaveLength(2);
  expect(
    begun
      .retriable('c', { action })
      .build()
      .steps.map(({ name }) => name),
  ).toEqual(['a', 'c']);
});

test('defaults are those of the documentation', () => {
  const { steps, deadlineMs } = begin().compensatable('a', undoable).pivot('b', { action }).build();
  const backoff = { initialMs: 200, factor: 2, capMs: 5_000 };
  expect(deadlineMs).toBe(600_000);
  expect(steps[0]?.action).toMatchObject({
    timeoutMs: 10_000,
    retry: { maxAttempts: 20, ...backoff },
  });
  expect(steps[0]?.compensation).toMatchObject({ timeoutMs: 10_000, retry: { maxAttempts: 50 } });
  expect(steps[1]?.action).toMatchObject({ retry: { maxAttempts: 50, ...backoff } });
});

test('a command made by hand fits its contract', () => {
  const order = participant('order', {
    create: { request: z.object({ n: z.number() }), reply: Any },
  });
  expect(order.create({ n: 1 })).toMatchObject({
    operation: order.create,
    body: { n: 1 },
  });
  expect(() => order.create({ n: 'x' } as never)).toThrow('request of order.create: /n: ');
});

test('validation names every wrong field by its pointer and never throws', async () => {
  const schema = z.object({ a: z.object({ 'b/c': z.number() }), d: z.array(z.string()) });
  const checked = validate(schema, { a: { 'b/c': 'x' }, d: ['y', 1] });
  expect(checked).toMatchObject({
    ok: false,
    errors: [{ pointer: '/a/b~1c' }, { pointer: '/d/1' }],
  });
  expect(pointerOf(['~', 0])).toBe('/~0/0');
  const odd = (answer: () => never) =>
    validate({ '~standard': { version: 1, vendor: 'odd', validate: answer } }, 1);
  const rejects = odd(() => Promise.reject(new Error('lost')) as never);
  expect(rejects).toMatchObject({ ok: false, errors: [{ pointer: '' }] });
  const throws = odd(() => {
    throw Object.create(null);
  });
  expect(throws).toMatchObject({ ok: false, errors: [{ pointer: '' }] });
  expect(jsonSchema(schema)).toMatchObject({ type: 'object' });
  await Promise.resolve(); // A rejected validation must not stay unhandled.
});
