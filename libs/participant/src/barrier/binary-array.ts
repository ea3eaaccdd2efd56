// Arrays as PostgreSQL sends and receives them in binary. Reading them as text is, for many short values, a
// large part of what a statement costs.

const UUID = { oid: 2950, bytes: 16 };
const TIMESTAMPTZ = { oid: 1184, bytes: 8 };

/** The length of an array without elements, and of what precedes each element. */
const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;

/** Timestamps count microseconds from here. */
const EPOCH = Date.UTC(2000, 0, 1);
const TWO_TO_32 = 2 ** 32;

/** A `uuid[]`. @throws TypeError for what is no UUID. */
export function uuidArray(uuids: readonly string[]): Buffer {
  return arrayOf(UUID, uuids, (array, uuid, at) => {
    const written = array.write(uuid.replaceAll('-', ''), at, UUID.bytes, 'hex');
    if (written !== UUID.bytes) throw new TypeError(`${uuid} is no UUID`);
  });
}

/** A `timestamptz[]` of whole milliseconds since the epoch. */
export function timestampArray(times: readonly number[]): Buffer {
  return arrayOf(TIMESTAMPTZ, times, (array, time, at) => {
    const micros = (time - EPOCH) * 1000;
    const high = Math.floor(micros / TWO_TO_32);
    array.writeInt32BE(high, at);
    array.writeUInt32BE(micros - high * TWO_TO_32, at + 4);
  });
}

function arrayOf<T>(
  { oid, bytes }: { readonly oid: number; readonly bytes: number },
  values: readonly T[],
  write: (array: Buffer, value: T, at: number) => void,
): Buffer {
  const array = Buffer.allocUnsafe(HEADER_BYTES + values.length * (LENGTH_BYTES + bytes));
  // One dimension, no nulls, the type, how many, the first one's number.
  for (const [index, word] of [1, 0, oid, values.length, 1].entries()) {
    array.writeInt32BE(word, index * 4);
  }
  let at = HEADER_BYTES;
  for (const value of values) {
    array.writeInt32BE(bytes, at);
    write(array, value, at + LENGTH_BYTES);
    at += LENGTH_BYTES + bytes;
  }
  return array;
}
