import { createRequire } from 'node:module';
import { quickenKafkajsHeaders } from './kafkajs-headers.js';

interface Encoded {
  readonly buffer: Buffer;
}
type Encode = (record: object) => Encoded;
type Decode = (decoder: object, batch: object) => { readonly headers: Record<string, unknown> };

const load = createRequire(import.meta.url);
const encode = load('kafkajs/src/protocol/recordBatch/record/v0/index.js') as Encode;
const decode = load('kafkajs/src/protocol/recordBatch/record/v0/decoder.js') as Decode;
const Decoder = load('kafkajs/src/protocol/decoder.js') as {
  new (bytes: Buffer): { readVarIntBytes(): Buffer };
  readonly prototype: { readVarIntArray: unknown };
};
const original = Decoder.prototype.readVarIntArray;

function headersOf(headers: object): Record<string, unknown> {
  const { buffer } = encode({ key: null, value: 'x', headers });
  const batch = { firstOffset: '0', firstTimestamp: '0' };
  return decode(new Decoder(new Decoder(buffer).readVarIntBytes()), batch).headers;
}

describe('the headers of a record as we decode them', () => {
  afterEach(() => {
    Decoder.prototype.readVarIntArray = original;
  });

  it.each<[string, object]>([
    ['none', {}],
    ['as many as an event has', Object.fromEntries(Array.from('abcdefghijklmno', (n) => [n, n]))],
    ['one that occurs twice, and one three times', { a: ['1', '2'], b: ['3', '4', '5'], c: '6' }],
    ['text that is not ASCII', { ce_subject: 'für' }],
    ['an empty one', { a: '' }],
  ])('are the same as before: %s', (_, headers) => {
    const before = headersOf(headers);
    quickenKafkajsHeaders();
    expect(Decoder.prototype.readVarIntArray).not.toBe(original);
    expect(headersOf(headers)).toEqual(before);
  });

  it('may be called like members of Object', () => {
    const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty'];
    quickenKafkajsHeaders();
    const headers = headersOf(Object.fromEntries(names.map((name) => [name, name])));
    expect(Object.entries(headers).map(([name, value]) => [name, String(value)])).toEqual(
      names.map((name) => [name, name]),
    );
  });
});
