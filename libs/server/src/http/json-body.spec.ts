import { CoordinatorError } from '@skald/core';
import { MAX_JSON_DEPTH, parseJsonBody } from './json-body.js';

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

function refusalOf(body: string | Buffer): string {
  try {
    parseJsonBody(Buffer.from(body));
  } catch (error) {
    if (error instanceof CoordinatorError && error.code === 'REQUEST_INVALID') return error.message;
    throw error;
  }
  return 'accepted';
}

test('no bytes are no value', () => {
  expect(parseJsonBody(Buffer.alloc(0))).toBeUndefined();
});

test('brackets in strings do not count as levels', () => {
  const body = JSON.stringify({ text: `${'['.repeat(100)}\\"${'{'.repeat(100)}`, more: '\\' });
  expect(parseJsonBody(Buffer.from(body))).toEqual(JSON.parse(body));
});

test('the deepest allowed level is read, one more is not', () => {
  expect(refusalOf(nested(MAX_JSON_DEPTH))).toBe('accepted');
  expect(refusalOf(nested(MAX_JSON_DEPTH + 1))).toBe('body: expected at most 32 levels');
});

test.each([
  ['fifty thousand levels', '['.repeat(50_000), 'at most 32 levels'],
  ['an own __proto__', '{"a":[{"__proto__":{"x":1}}]}', '__proto__'],
  ['an escaped __proto__', '{"\\u005f_proto__":{}}', '__proto__'],
  ['a constructor with a prototype', '{"constructor":{"prototype":{}}}', 'constructor.prototype'],
  ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'UTF-8'],
  ['half an object', '{"card":"4111', 'not JSON'],
  ['nothing but spaces', '   ', 'not JSON'],
])('%s is refused', (_what, body, told) => {
  expect(refusalOf(body)).toContain(told);
});

test('a refusal does not repeat what was sent', () => {
  expect(refusalOf('{"card":"tok_secret" "x"}')).not.toContain('tok_secret');
  expect(refusalOf('tok_secret')).not.toContain('tok_secret');
});

test('keys that only look dangerous are kept', () => {
  expect(parseJsonBody(Buffer.from('{"constructor":"ACME","prototype":1}'))).toEqual({
    constructor: 'ACME',
    prototype: 1,
  });
});
