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
  const words: (Buffer | undefined)[] = [];
  const lengths: number[] = [];
  for (const value of values) {
    const word = value === null || value.length > MAX_WORD_CHARS ? undefined : wordOf(value);
    const length = value === null ? 0 : (word?.length ?? Buffer.byteLength(value));
    words.push(word);
    lengths.push(length);
    size += length;
  }
  return fill({ oid: OID.text, values, size }, ({ buffer, view }, value, { offset, index }) => {
    const length = lengths[index] ?? 0;
    const word = words[index];
    view.setInt32(offset, length);
    if (word) for (let at = 0; at < length; at++) buffer[offset + 4 + at] = word[at] ?? 0;
    else buffer.write(value, offset + 4, length);
    return length;
  });
}

/** Statuses, types and names of steps come again and again: their bytes are kept. */
const WORDS = new Map<string, Buffer>();
const MAX_WORDS = 2_000;
const MAX_WORD_CHARS = 20;

function wordOf(text: string): Buffer | undefined {
  const known = WORDS.get(text);
  if (known || WORDS.size >= MAX_WORDS) return known;
  const bytes = Buffer.from(text);
  WORDS.set(text, bytes);
  return bytes;
}

/** A `uuid[]` of canonical ids. @throws RangeError for anything else. */
export function uuidArray(values: readonly string[]): Buffer {
  const shape = { oid: OID.uuid, values, size: values.length * 16 };
  return fill(shape, ({ buffer, view }, value, { offset }) => {
    view.setInt32(offset, 16);
    const written = buffer.write(digitsOf(value), offset + 4, 16, 'hex');
    if (written !== 16 || value.length !== 36) throw new RangeError(`not a UUID: ${value}`);
    return 16;
  });
}

function digitsOf(id: string): string {
  return id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24);
}

/** An `integer[]`. @throws RangeError for anything that is not a 32-bit integer. */
export function integerArray(values: readonly (number | null)[]): Buffer {
  const shape = { oid: OID.int4, values, size: values.length * 4 };
  return fill(shape, ({ view }, value, { offset }) => {
    if ((value | 0) !== value) throw new RangeError(`not an integer: ${value}`);
    view.setInt32(offset, 4);
    view.setInt32(offset + 4, value);
    return 4;
  });
}

/**
 * A `timestamptz[]` of ms since the epoch; fractions are rounded off, so that a time read back is the
 * same. @throws RangeError for what is no time.
 */
export function timeArray(values: readonly (number | null)[]): Buffer {
  const shape = { oid: OID.timestamptz, values, size: values.length * 8 };
  return fill(shape, ({ view }, value, { offset }) => {
    if (!(Math.abs(value) <= TIME_LIMIT_MS)) throw new RangeError(`not a time: ${value}`);
    view.setInt32(offset, 8);
    setMicros(view, Math.round(value) - EPOCH_2000_MS, offset + 4);
    return 8;
  });
}

/** Ms as a 64-bit number of microseconds. BigInt is exact but slow, and needed only after the year 2285. */
function setMicros(view: DataView, ms: number, offset: number): void {
  const micros = ms * 1000;
  if (Number.isSafeInteger(micros)) {
    const high = Math.floor(micros / TWO_TO_32);
    view.setInt32(offset, high);
    view.setUint32(offset + 4, micros - high * TWO_TO_32);
  } else {
    view.setBigInt64(offset, BigInt(ms) * 1000n);
  }
}

/** A `boolean[]`. */
export function booleanArray(values: readonly boolean[]): Buffer {
  const shape = { oid: OID.bool, values, size: values.length };
  return fill(shape, ({ view }, value, { offset }) => {
    view.setInt32(offset, 1);
    view.setUint8(offset + 4, value ? 1 : 0);
    return 1;
  });
}

interface Shape<T> {
  readonly oid: number;
  readonly values: readonly (T | null)[];
  /** Bytes of all elements without their lengths. */
  readonly size: number;
}

/** The same bytes twice: a DataView is the quicker way to write numbers. */
interface Target {
  readonly buffer: Buffer;
  readonly view: DataView;
}

/** Writes length and bytes of one element at `offset`; returns the number of bytes. */
type WriteElement<T> = (
  target: Target,
  value: T,
  place: { readonly offset: number; readonly index: number },
) => number;

function fill<T>({ oid, values, size }: Shape<T>, write: WriteElement<T>): Buffer {
  const count = values.length;
  const buffer = Buffer.allocUnsafe(count === 0 ? EMPTY_BYTES : HEADER_BYTES + count * 4 + size);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  view.setInt32(0, count === 0 ? 0 : 1); // dimensions
  view.setInt32(4, 1); // nulls may occur
  view.setInt32(8, oid);
  if (count === 0) return buffer;
  view.setInt32(12, count);
  view.setInt32(16, 1); // lower bound
  const target = { buffer, view };
  const place = { offset: HEADER_BYTES, index: 0 };
  for (const value of values) {
    if (value === null) view.setInt32(place.offset, NULL_LENGTH);
    else place.offset += write(target, value, place);
    place.offset += 4;
    place.index += 1;
  }
  return buffer.subarray(0, place.offset);
}
