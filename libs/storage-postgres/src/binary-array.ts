/**
 * Arrays as PostgreSQL's wire protocol carries them in binary form, for `unnest($1::text[], …)`.
 *
 * Nothing is quoted or escaped, on either side: an element is its length and its bytes. pg sends a
 * parameter in binary form when it is a Buffer.
 */

const OID = { bool: 16, int4: 23, text: 25, timestamptz: 1184, uuid: 2950 } as const;

const HEADER_BYTES = 20;
const EMPTY_BYTES = 12;
const NULL_LENGTH = -1;

/** PostgreSQL counts microseconds from here. */
const EPOCH_2000_MS = Date.UTC(2000, 0, 1);
const TWO_TO_32 = 2 ** 32;
/** Years -4713 to about 294000, what both `Date` and timestamptz can hold. */
const TIME_LIMIT_MS = 8.64e15;

/** A `text[]`. A lone surrogate becomes U+FFFD; U+0000 is refused by the server (22021). */
export function textArray(values: readonly (string | null)[]): Buffer {
  let size = 0;
  const lengths = values.map((value) => {
    const length = value === null ? NULL_LENGTH : Buffer.byteLength(value);
    size += Math.max(0, length);
    return length;
  });
  return fill({ oid: OID.text, values, size }, (buffer, value, { offset, index }) => {
    const length = lengths[index] ?? 0;
    buffer.writeInt32BE(length, offset);
    buffer.write(value, offset + 4, length);
    return length;
  });
}

/** A `uuid[]` of canonical ids. @throws RangeError for anything else. */
export function uuidArray(values: readonly string[]): Buffer {
  const shape = { oid: OID.uuid, values, size: values.length * 16 };
  return fill(shape, (buffer, value, { offset }) => {
    buffer.writeInt32BE(16, offset);
    const written = buffer.write(value.replaceAll('-', ''), offset + 4, 16, 'hex');
    if (written !== 16 || value.length !== 36) throw new RangeError(`not a UUID: ${value}`);
    return 16;
  });
}

/** An `integer[]`. @throws RangeError for anything that is not a 32-bit integer. */
export function integerArray(values: readonly (number | null)[]): Buffer {
  const shape = { oid: OID.int4, values, size: values.length * 4 };
  return fill(shape, (buffer, value, { offset }) => {
    if ((value | 0) !== value) throw new RangeError(`not an integer: ${value}`);
    buffer.writeInt32BE(4, offset);
    buffer.writeInt32BE(value, offset + 4);
    return 4;
  });
}

/** A `timestamptz[]` of ms since the epoch; fractions are rounded off, so that a time read back is the same. @throws RangeError for what is no time. */
export function timeArray(values: readonly (number | null)[]): Buffer {
  const shape = { oid: OID.timestamptz, values, size: values.length * 8 };
  return fill(shape, (buffer, value, { offset }) => {
    if (!(Math.abs(value) <= TIME_LIMIT_MS)) throw new RangeError(`not a time: ${value}`);
    buffer.writeInt32BE(8, offset);
    writeInt64(buffer, Math.round(value) - EPOCH_2000_MS, offset + 4);
    return 8;
  });
}

/** Ms as a 64-bit number of microseconds. BigInt is exact but slow, and needed only after the year 2285. */
function writeInt64(buffer: Buffer, ms: number, offset: number): void {
  const micros = ms * 1000;
  if (Number.isSafeInteger(micros)) {
    const high = Math.floor(micros / TWO_TO_32);
    buffer.writeInt32BE(high, offset);
    buffer.writeUInt32BE(micros - high * TWO_TO_32, offset + 4);
  } else {
    buffer.writeBigInt64BE(BigInt(ms) * 1000n, offset);
  }
}

/** A `boolean[]`. */
export function booleanArray(values: readonly boolean[]): Buffer {
  const shape = { oid: OID.bool, values, size: values.length };
  return fill(shape, (buffer, value, { offset }) => {
    buffer.writeInt32BE(1, offset);
    buffer.writeUInt8(value ? 1 : 0, offset + 4);
    return 1;
  });
}

interface Shape<T> {
  readonly oid: number;
  readonly values: readonly (T | null)[];
  /** Bytes of all elements without their lengths, at most. */
  readonly size: number;
}

/** Writes length and bytes of one element at `offset`; returns the number of bytes. */
type WriteElement<T> = (
  buffer: Buffer,
  value: T,
  place: { readonly offset: number; readonly index: number },
) => number;

function fill<T>({ oid, values, size }: Shape<T>, write: WriteElement<T>): Buffer {
  if (values.length === 0) return emptyArray(oid);
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + values.length * 4 + size);
  buffer.writeInt32BE(1, 0); // dimensions
  buffer.writeInt32BE(1, 4); // nulls may occur
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(values.length, 12);
  buffer.writeInt32BE(1, 16); // lower bound
  let offset = HEADER_BYTES;
  for (const [index, value] of values.entries()) {
    if (value === null) {
      buffer.writeInt32BE(NULL_LENGTH, offset);
      offset += 4;
    } else {
      offset += 4 + write(buffer, value, { offset, index });
    }
  }
  return buffer.subarray(0, offset);
}

function emptyArray(oid: number): Buffer {
  const buffer = Buffer.alloc(EMPTY_BYTES);
  buffer.writeInt32BE(oid, 8);
  return buffer;
}
