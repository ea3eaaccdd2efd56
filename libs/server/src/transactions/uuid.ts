import { hash, randomFillSync } from 'node:crypto';
import { asTransactionId, invariant, type TransactionId } from '@skald/core';

/** Names made from keys live here; itself a random UUID, never to change: stored ids come from it. */
const NAMESPACE = Buffer.from('6f1c5b0e3c0d4b6f9a7e2d1f8b4c7a90', 'hex');

/** The id that `key` of `principal` always means: a UUIDv5 (RFC 9562, section 5.5). */
export function idOfKey(principal: string, key: string): TransactionId {
  const name = Buffer.from(JSON.stringify([principal, key]));
  const digest = hash('sha1', Buffer.concat([NAMESPACE, name]), 'buffer');
  return format(digest.subarray(0, 16), 5);
}

const RANDOM = Buffer.alloc(4096);
let used = RANDOM.length;

/** A new id that sorts by time: a UUIDv7 (RFC 9562, section 5.7). `nowMs` since the epoch. */
export function newId(nowMs: number): TransactionId {
  if (used + 10 > RANDOM.length) {
    randomFillSync(RANDOM);
    used = 0;
  }
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  RANDOM.copy(bytes, 6, used, used + 10);
  used += 10;
  return format(bytes, 7);
}

function format(bytes: Buffer, version: number): TransactionId {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  const id = asTransactionId(`${parts.join('-')}-${hex.slice(20)}`);
  invariant(id !== undefined, 'sixteen bytes make a UUID');
  return id;
}
