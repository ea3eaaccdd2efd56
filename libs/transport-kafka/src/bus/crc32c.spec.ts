import { createRequire } from 'node:module';
import { crc32c } from './crc32c.js';

const kafkajs = createRequire(import.meta.url)(
  'kafkajs/src/protocol/recordBatch/crc32C/crc32C.js',
) as (of: Buffer) => number;

it('is what RFC 3720 gives for its examples', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);
  expect(crc32c(new Uint8Array(32)) >>> 0).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff)) >>> 0).toBe(0x62a8ab43);
  expect(crc32c(ascending) >>> 0).toBe(0x46dd794e);
  expect(crc32c(ascending.toReversed()) >>> 0).toBe(0x113fdb5c);
});

it.each([0, 1, 7, 8, 9, 15, 16, 4_097])("is kafkajs's for %i bytes", (length) => {
  const bytes = Buffer.from(Array.from({ length }, (_, index) => (index * 89 + 7) & 0xff));
  expect(crc32c(bytes) >>> 0).toBe(kafkajs(bytes) >>> 0);
});
