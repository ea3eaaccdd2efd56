import type { LookupFunction } from 'node:net';
import { guardedLookup, registerOrigin } from './origins.js';

const origin = (text: string, allowed?: readonly string[]) =>
  registerOrigin('inventory', text, allowed).origin;

describe('origins of participants', () => {
  it.each([
    ['http://127.0.0.1:4603', 'http://127.0.0.1:4603'],
    ['http://127.0.0.1:4603/', 'http://127.0.0.1:4603'],
    ['HTTPS://LOCALHOST:4603', 'https://localhost:4603'],
    ['http://[::1]:4603', 'http://[::1]:4603'],
    ['http://127.8.9.10:80', 'http://127.8.9.10'],
    ['http://127.1:1', 'http://127.0.0.1:1'],
    ['http://0x7f000001:1', 'http://127.0.0.1:1'],
    ['http://2130706433:1', 'http://127.0.0.1:1'],
    ['http://0177.0.0.1:1', 'http://127.0.0.1:1'],
    ['http://①②⑦.0.0.1:1', 'http://127.0.0.1:1'],
    ['http://[::ffff:7f00:1]:1', 'http://[::ffff:7f00:1]:1'],
    ['http://[0:0:0:0:0:ffff:127.0.0.1]:1', 'http://[::ffff:7f00:1]:1'],
  ])('takes loopback however it is spelt: %s', (text, normal) => {
    expect(origin(text)).toBe(normal);
  });

  it.each([
    'http://10.0.0.1:80',
    'http://192.168.1.1',
    'http://169.254.169.254',
    'http://[::ffff:a9fe:a9fe]',
    'http://0.0.0.0:1',
    'http://[::]:1',
    'http://[fe80::1]:1',
    'http://[fd00::1]:1',
    'http://0xa000001:1',
    'http://167772161:1',
    'http://example.com',
    'http://localhost.:1',
    'http://localhost.example.com',
    'http://127.0.0.1.nip.io:1',
    'http://metadata.google.internal',
  ])('refuses what is not loopback unless it is listed: %s', (text) => {
    expect(() => origin(text)).toThrow(/participant inventory: .* is not loopback/);
    expect(origin(text, [text])).toBe(new URL(text).origin);
  });

  it.each([
    ['user-info', 'http://user@127.0.0.1:1'],
    ['a password', 'http://user:secret@127.0.0.1:1'],
    ['empty user-info', 'http://@127.0.0.1:1'],
    ['a path', 'http://127.0.0.1:1/path'],
    ['a dot path', 'http://127.0.0.1:1/.'],
    ['a query', 'http://127.0.0.1:1?q'],
    ['a fragment', 'http://127.0.0.1:1#f'],
    ['a backslash', 'http://127.0.0.1:1\\@example.com'],
    ['a space', ' http://127.0.0.1:1'],
    ['a line break', 'http://127.0.0.1:1\n'],
    ['another scheme', 'ftp://127.0.0.1:1'],
    ['a file', 'file:///etc/passwd'],
    ['no scheme', '127.0.0.1:1'],
    ['an impossible port', 'http://127.0.0.1:99999'],
    ['nothing', ''],
  ])('refuses an origin with %s, naming the participant and no secret', (_, text) => {
    expect(() => origin(text)).toThrow(/^participant inventory: expected an origin/);
    expect(() => origin(text)).not.toThrow(/secret/);
  });

  it('compares listed origins in normal form, port and scheme included', () => {
    expect(origin('http://EXAMPLE.com:80', ['http://example.com'])).toBe('http://example.com');
    expect(() => origin('http://example.com:81', ['http://example.com'])).toThrow('not loopback');
    expect(() => origin('https://example.com', ['http://example.com'])).toThrow('not loopback');
    expect(() => origin('http://127.0.0.1:1', ['example.com'])).toThrow('allowedOrigins');
  });
});

describe('the address behind a name', () => {
  const resolveTo =
    (...addresses: string[]): LookupFunction =>
    (_, options, callback) => {
      if (options.all === true) {
        callback(
          null,
          addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        );
      } else callback(null, addresses[0] ?? '', 4);
    };

  const codeOf = (isListed: boolean, addresses: string[], all = true) =>
    new Promise((resolve) => {
      const lookup = guardedLookup(isListed, resolveTo(...addresses));
      lookup('localhost', { all }, (error) => {
        resolve(error === null ? 'allowed' : error.code);
      });
    });

  it('is checked when a connection is made: unlisted, it must be loopback', async () => {
    expect(await codeOf(false, ['127.0.0.1', '::1'])).toBe('allowed');
    expect(await codeOf(false, ['127.0.0.1'], false)).toBe('allowed');
    expect(await codeOf(false, ['127.0.0.1', '10.0.0.1'])).toBe('ERR_ADDRESS_REFUSED');
    expect(await codeOf(false, ['10.0.0.1'], false)).toBe('ERR_ADDRESS_REFUSED');
  });

  it('may be anywhere when listed, but never link-local', async () => {
    expect(await codeOf(true, ['10.0.0.1'])).toBe('allowed');
    expect(await codeOf(true, ['169.254.169.254'])).toBe('ERR_ADDRESS_REFUSED');
    expect(await codeOf(true, ['10.0.0.1', '::ffff:169.254.169.254'])).toBe('ERR_ADDRESS_REFUSED');
    expect(await codeOf(true, ['fe80::1'])).toBe('ERR_ADDRESS_REFUSED');
  });
});
