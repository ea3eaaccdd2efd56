import type { BusMessage } from './bus.js';
import { ByteReader } from './byte-reader.js';

/** Of the format that record batches have since Kafka 0.11. */
const MAGIC = 2;
const MAGIC_AT = 16;
const HEAD_BYTES = 61;
/** What `length` counts of the head. */
const COUNTED_HEAD_BYTES = HEAD_BYTES - 12;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const COMPRESSION = 0x07;

const SMALL = BigInt(Number.MAX_SAFE_INTEGER - 0x7fffffff);
const NO_BYTES = Buffer.alloc(0);
/** What headers inherit from: nothing, as one may be called like a member of Object. */
const NO_MEMBERS = Object.freeze(Object.create(null) as object);

/** As much of its batch as kafkajs looks at, for what aborted transactions have written. */
interface BatchContext {
  readonly producerId: string;
  readonly inTransaction: boolean;
}

interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly baseOffset: bigint;
  readonly attributes: number;
  readonly count: number;
  readonly isControl: boolean;
  readonly context: BatchContext;
}

/** A record as it was received: what kafkajs looks at, and all that the bus hands on. */
export class ReceivedRecord implements BusMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext;

  /** Reads it. @throws RangeError where it says that it is longer than its batch. */
  constructor(batch: Batch, reader: ByteReader, headers: HeaderReader) {
    this.topic = batch.topic;
    this.partition = batch.partition;
    const end = reader.varint() + reader.at;
    reader.forward(1); // Attributes.
    reader.skipVarint(); // Time.
    this.offset = offsetOf(batch.baseOffset, reader.varint());
    this.key = readKey(reader);
    this.value = readValue(reader);
    this.headers = headers.read();
    this.isControlRecord = batch.isControl;
    this.batchContext = batch.context;
    reader.at = end;
  }
}

/** By the lowest three bits of a batch's attributes; throws when it is not known. */
export type Decompress = (attributes: number, compressed: Buffer) => Promise<Buffer>;

/** Whether all that was fetched of a partition can be read by `readBatches`: the first batch tells. */
export function hasBatches(bytes: Buffer): boolean {
  return bytes.length > MAGIC_AT && bytes[MAGIC_AT] === MAGIC;
}

/**
 * The records of all batches that were fetched of a partition. The last one may have been cut off by the
 * limit of a fetch, and comes again.
 *
 * @throws RangeError where a record says that it is longer than its batch.
 */
export async function readBatches(
  place: Pick<BusMessage, 'topic' | 'partition'>,
  bytes: Buffer,
  decompress: Decompress,
): Promise<ReceivedRecord[]> {
  const records: ReceivedRecord[] = [];
  const reader = new ByteReader(bytes);
  while (reader.left >= HEAD_BYTES) {
    const { batch, end } = readHead(place, reader);
    if (end > bytes.length) break;
    const { attributes, count } = batch;
    let inside = bytes.subarray(reader.at, end);
    if ((attributes & COMPRESSION) > 0) inside = await decompress(attributes, inside);
    const within = new ByteReader(inside);
    const headers = new HeaderReader(within);
    for (let left = count; left > 0; left--) {
      records.push(new ReceivedRecord(batch, within, headers));
    }
    reader.at = end;
  }
  return records;
}

function readHead(
  { topic, partition }: Pick<BusMessage, 'topic' | 'partition'>,
  reader: ByteReader,
): { batch: Batch; end: number } {
  const baseOffset = reader.int64();
  const length = reader.int32();
  if (length < COUNTED_HEAD_BYTES) throw new RangeError(`a batch of ${length} bytes is too short`);
  const end = reader.at + length;
  reader.forward(4 + 1 + 4); // Leader epoch, magic, checksum: TCP has one, too.
  const attributes = reader.int16();
  reader.forward(4 + 8 + 8); // Last offset, first and last time.
  const producerId = String(reader.int64());
  reader.forward(2 + 4); // The producer's epoch and sequence.
  const count = reader.int32();
  const context = { producerId, inTransaction: (attributes & TRANSACTIONAL) > 0 };
  const isControl = (attributes & CONTROL) > 0;
  return { batch: { topic, partition, baseOffset, attributes, count, isControl, context }, end };
}

/** Large numbers are slow. */
function offsetOf(base: bigint, delta: number): string {
  return base < SMALL ? String(Number(base) + delta) : String(base + BigInt(delta));
}

function readKey(reader: ByteReader): string | null {
  const length = reader.varint();
  return length < 0 ? null : reader.bytes.toString('utf8', reader.forward(length), reader.at);
}

function readValue(reader: ByteReader): Buffer {
  const length = reader.varint();
  return length < 0 ? NO_BYTES : reader.bytes.subarray(reader.forward(length), reader.at);
}

/**
 * Reads the headers of one record after the other. Their names and half of their values are those of the
 * record before, at the same place: comparing bytes costs less than making a text, and keeps fewer.
 */
class HeaderReader {
  /** Of the record before, by place: names and values in turn. Only ASCII, one byte for each character. */
  private readonly texts: string[] = [];
  private readonly starts: number[] = [];

  constructor(private readonly reader: ByteReader) {}

  /** Of a header that occurs twice, the last; empty where there is no value. */
  read(): Record<string, string> {
    const headers = Object.create(NO_MEMBERS) as Record<string, string>;
    const count = this.reader.varint();
    for (let place = 0; place < count; place++) {
      const name = this.text(place * 2);
      headers[name] = this.text(place * 2 + 1);
    }
    return headers;
  }

  private text(place: number): string {
    const { reader } = this;
    const length = reader.varint();
    if (length <= 0) return '';
    const start = reader.forward(length);
    const before = this.texts[place];
    if (before?.length === length && this.isSame(this.starts[place] ?? 0, start, length)) {
      return before;
    }
    const text = reader.bytes.toString('utf8', start, reader.at);
    if (text.length !== length) return text;
    this.texts[place] = text;
    this.starts[place] = start;
    return text;
  }

  private isSame(one: number, other: number, length: number): boolean {
    const { bytes } = this.reader;
    for (let index = 0; index < length; index++) {
      if (bytes[one + index] !== bytes[other + index]) return false;
    }
    return true;
  }
}
