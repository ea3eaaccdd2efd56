import { fc, test } from '@fast-check/jest';
import pg from 'pg';
import { testDatabase, type TestDatabase } from '../../../test/setup/database.js';
import { ArrayWriter, integerArray, textArray, timeArray, uuidArray } from './binary-array.js';

let database: TestDatabase;
let sql: pg.Client;

beforeAll(async () => {
  database = await testDatabase();
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

async function roundTrip(type: string, array: Buffer): Promise<unknown> {
  const name = `round trip ${type}`;
  const text = `select to_json($1::${type}[]) as value`;
  const { rows } = await sql.query<{ value: unknown }>({ name, text, values: [array] });
  return rows[0]?.value;
}

const SPECIAL = ['"', '\\', ',', '{', '}', 'NULL', "'", '\n', '\u0001', '\u007f', '', '👩‍🚀', 'é'];
const storable = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.array(fc.constantFrom(...SPECIAL)).map((parts) => parts.join('')),
  )
  .map((text) => text.replaceAll('\0', ''));

test.prop([fc.array(fc.option(storable))])('texts arrive as they are', async (values) => {
  expect(await roundTrip('text', textArray(values))).toEqual(values);
});

test.prop([fc.array(fc.option(fc.integer()))])('integers arrive', async (values) => {
  expect(await roundTrip('integer', integerArray(values))).toEqual(values);
});

test.prop([fc.array(fc.boolean())])('booleans arrive', async (values) => {
  expect(
    await roundTrip(
      'boolean',
      new ArrayWriter().booleans(values, (value) => value),
    ),
  ).toEqual(values);
});

test.prop([fc.array(fc.uuid())])('UUIDs arrive', async (values) => {
  expect(await roundTrip('uuid', uuidArray(values))).toEqual(values);
});

test.prop([fc.array(fc.uint8Array())])('hexadecimal digits arrive as bytes', async (values) => {
  const digits = values.map((bytes) => Buffer.from(bytes).toString('hex'));
  const given = new ArrayWriter(8).hexes(digits, (value) => value);
  expect(await roundTrip('bytea', given)).toEqual(digits.map((value) => `\\x${value}`));
});

const times = fc.date({
  min: new Date(Date.UTC(1, 0)),
  max: new Date(Date.UTC(9999, 0)),
  noInvalidDate: true,
});

test.prop([fc.array(times)])('times arrive to the millisecond', async (values) => {
  const given = timeArray(values.map((time) => time.getTime()));
  const { rows } = await sql.query<{ value: Date[] }>('select $1::timestamptz[] as value', [given]);
  expect(rows[0]?.value).toEqual(values);
});

it('a lone surrogate becomes the replacement character', async () => {
  expect(await roundTrip('text', textArray(['a\ud800b', '\udc00']))).toEqual([
    'a\uFFFDb',
    '\uFFFD',
  ]);
});

test.prop([fc.array(fc.tuple(fc.uuid(), fc.option(storable), fc.option(fc.integer())))])(
  'the arrays of one writer stay as they were while it grows',
  async (rows) => {
    const writer = new ArrayWriter(8);
    const ids = writer.uuids(rows, ([id]) => id);
    const texts = writer.texts(rows, ([, text]) => text);
    const numbers = writer.integers(rows, ([, , number]) => number);
    expect(await roundTrip('uuid', ids)).toEqual(rows.map(([id]) => id));
    expect(await roundTrip('text', texts)).toEqual(rows.map(([, text]) => text));
    expect(await roundTrip('integer', numbers)).toEqual(rows.map(([, , number]) => number));
  },
);

it('refuses what the type cannot hold before it is sent', () => {
  for (const value of [2 ** 31, 0.5, NaN]) expect(() => integerArray([value])).toThrow(RangeError);
  for (const value of [NaN, Infinity]) expect(() => timeArray([value])).toThrow(RangeError);
  const nearly = '0198c0de-0000-7000-8000-00000000000';
  for (const value of ['', 'x', 'g'.repeat(36), nearly, `${nearly}é`, `${nearly}A`, `${nearly}00`])
    expect(() => uuidArray([value])).toThrow(RangeError);
  for (const value of ['x', 'abc', 'a1g0'])
    expect(() => new ArrayWriter().hexes([value], (digits) => digits)).toThrow(RangeError);
});
