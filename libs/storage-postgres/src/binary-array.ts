/**
 * Arrays as PostgreSQL's wire protocol carries them in binary form, for `unnest($1::text[], …)`.
 *
 * Nothing is quoted or escaped, on either side: an element is its length and its bytes. pg sends a
 * parameter in binary form when it is a Buffer.
 */

const OID = { bool: 16, bytea: 17, int4: 23, text: 25, timestamptz: 1184, uuid: 2950 } as const;

const HEADER_BYTES = 20;
const EMPTY_BYTES = 12;
const NULL_LENGTH = -1;
const MAX_UTF8_BYTES_PER_UNIT = 3;

/** PostgreSQL counts microseconds from here. */
const EPOCH_2000_MS = Date.UTC(2000, 0, 1);
const TWO_TO_32 = 2 ** 32;
/** Years -4713 to about 294000, what both `Date` and timestamptz can hold. */
const TIME_LIMIT_MS = 8.64e15;

/**
 * Writes the arrays of one statement behind each other, an element of each row at a time, so that a
 * group commit costs neither a list nor a buffer per column.
 *
 * `pick` gives the element of a row. An array that was given back does not change any more.
 */
export class ArrayWriter {
  private buffer: Buffer;
  private view: DataView;
  /** Where the next byte goes, and where the present array begins. */
  private at = 0;
  private begin = 0;

  /** @param bytes How much all arrays will take, roughly; more is made as needed. */
  constructor(bytes = 256) {
    this.buffer = Buffer.allocUnsafe(bytes);
    this.view = viewOf(this.buffer);
  }

  /** A `text[]`. A lone surrogate becomes U+FFFD; U+0000 is refused by the server (22021). */
  texts<Row>(rows: readonly Row[], pick: (row: Row) => string | null): Buffer {
    this.open(OID.text, rows.length);
    for (const row of rows) {
      const value = pick(row);
      if (value === null) this.writeNull();
      else this.writeText(value);
    }
    return this.close();
  }

  /** A `uuid[]` of canonical ids. @throws RangeError for anything else. */
  uuids<Row>(rows: readonly Row[], pick: (row: Row) => string): Buffer {
    this.open(OID.uuid, rows.length);
    this.reserve(rows.length * 20);
    for (const row of rows) {
      this.view.setInt32(this.at, 16);
      writeUuid(this.buffer, pick(row), this.at + 4);
      this.at += 20;
    }
    return this.close();
  }

  /** A `bytea[]` of hexadecimal digits. @throws RangeError for anything else. */
  hexes<Row>(rows: readonly Row[], pick: (row: Row) => string): Buffer {
    this.open(OID.bytea, rows.length);
    for (const row of rows) {
      const digits = pick(row);
      const bytes = digits.length / 2;
      this.reserve(4 + bytes);
      const written = this.buffer.write(digits, this.at + 4, 'hex');
      if (written !== bytes) throw new RangeError(`not hexadecimal: ${digits}`);
      this.view.setInt32(this.at, written);
      this.at += 4 + written;
    }
    return this.close();
  }

  /** An `integer[]`. @throws RangeError for anything that is not a 32-bit integer. */
  integers<Row>(rows: readonly Row[], pick: (row: Row, index: number) => number | null): Buffer {
    this.open(OID.int4, rows.length);
    this.reserve(rows.length * 8);
    for (let index = 0; index < rows.length; index++) {
      const value = pick(rows[index] as Row, index);
      if (value === null) {
        this.writeNull();
        continue;
      }
      if ((value | 0) !== value) throw new RangeError(`not an integer: ${value}`);
      this.view.setInt32(this.at, 4);
      this.view.setInt32(this.at + 4, value);
      this.at += 8;
    }
    return this.close();
  }

  /**
   * A `timestamptz[]` of ms since the epoch; fractions are rounded off, so that a time read back is the
   * same. @throws RangeError for what is no time.
   */
  times<Row>(rows: readonly Row[], pick: (row: Row) => number | null): Buffer {
    this.open(OID.timestamptz, rows.length);
    this.reserve(rows.length * 12);
    for (const row of rows) {
      const value = pick(row);
      if (value === null) {
        this.writeNull();
        continue;
      }
      if (!(Math.abs(value) <= TIME_LIMIT_MS)) throw new RangeError(`not a time: ${value}`);
      this.view.setInt32(this.at, 8);
      setMicros(this.view, Math.round(value) - EPOCH_2000_MS, this.at + 4);
      this.at += 12;
    }
    return this.close();
  }

  /** A `boolean[]`. */
  booleans<Row>(rows: readonly Row[], pick: (row: Row) => boolean): Buffer {
    this.open(OID.bool, rows.length);
    this.reserve(rows.length * 5);
    for (const row of rows) {
      this.view.setInt32(this.at, 1);
      this.view.setUint8(this.at + 4, pick(row) ? 1 : 0);
      this.at += 5;
    }
    return this.close();
  }

  private open(oid: number, count: number): void {
    this.begin = this.at;
    this.reserve(HEADER_BYTES);
    const { view, at } = this;
    view.setInt32(at, count === 0 ? 0 : 1); // dimensions
    view.setInt32(at + 4, 1); // nulls may occur
    view.setInt32(at + 8, oid);
    this.at += EMPTY_BYTES;
    if (count === 0) return;
    view.setInt32(at + 12, count);
    view.setInt32(at + 16, 1); // lower bound
    this.at = at + HEADER_BYTES;
  }

  private close(): Buffer {
    return this.buffer.subarray(this.begin, this.at);
  }

  private writeNull(): void {
    this.reserve(4);
    this.view.setInt32(this.at, NULL_LENGTH);
    this.at += 4;
  }

  private writeText(value: string): void {
    this.reserve(4 + value.length * MAX_UTF8_BYTES_PER_UNIT);
    const from = this.at + 4;
    const written =
      value.length <= SHORT_CHARS && writeAscii(this.buffer, value, from)
        ? value.length
        : this.buffer.write(value, from, 'utf8');
    this.view.setInt32(this.at, written);
    this.at = from + written;
  }

  /** Room for `bytes` more. The arrays that were given back keep the buffer they are in. */
  private reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const written = this.at - this.begin;
    const buffer = Buffer.allocUnsafe(Math.max(this.buffer.length, written + bytes) * 2);
    this.buffer.copy(buffer, 0, this.begin, this.at);
    this.buffer = buffer;
    this.view = viewOf(buffer);
    this.begin = 0;
    this.at = written;
  }
}

/** As `ArrayWriter.texts`, of values at hand. */
export function textArray(values: readonly (string | null)[]): Buffer {
  return new ArrayWriter().texts(values, (value) => value);
}

/** As `ArrayWriter.uuids`, of values at hand. */
export function uuidArray(values: readonly string[]): Buffer {
  return new ArrayWriter().uuids(values, (value) => value);
}

/** As `ArrayWriter.integers`, of values at hand. */
export function integerArray(values: readonly (number | null)[]): Buffer {
  return new ArrayWriter().integers(values, (value) => value);
}

/** As `ArrayWriter.times`, of values at hand. */
export function timeArray(values: readonly (number | null)[]): Buffer {
  return new ArrayWriter().times(values, (value) => value);
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Up to here a loop is quicker than a call out of JavaScript. */
const SHORT_CHARS = 24;

/** False when there is more than ASCII in it; then what was written is to be written again. */
function writeAscii(buffer: Buffer, text: string, offset: number): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) return false;
    buffer[offset + index] = code;
  }
  return true;
}

/** Where the 16 bytes of a UUID's text begin. */
const UUID_PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;
const NO_DIGIT = 0xff;
const HEX = new Uint8Array(128).fill(NO_DIGIT);
for (let value = 0; value < 16; value++) HEX[value.toString(16).charCodeAt(0)] = value;

function writeUuid(buffer: Buffer, id: string, offset: number): void {
  let wrong = id.length === 36 ? 0 : NO_DIGIT;
  for (let index = 0; index < 16; index++) {
    const place = UUID_PLACES[index] ?? 0;
    const high = HEX[id.charCodeAt(place)] ?? NO_DIGIT;
    const low = HEX[id.charCodeAt(place + 1)] ?? NO_DIGIT;
    wrong |= high | low;
    buffer[offset + index] = (high << 4) | low;
  }
  if (wrong > 0x0f) throw new RangeError(`not a UUID: ${id}`);
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
