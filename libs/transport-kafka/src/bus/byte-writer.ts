const VARINT_BYTES = 5;

/** Bytes one after the other into memory that grows and is used again: nothing is allocated per value. */
export class ByteWriter {
  private bytes: Buffer;
  private end = 0;

  /** @param size Bytes to begin with. */
  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  get length(): number {
    return this.end;
  }

  /** What has been written: valid until something is written again. */
  get written(): Buffer {
    return this.bytes.subarray(0, this.end);
  }

  clear(): void {
    this.end = 0;
  }

  int8(value: number): void {
    this.reserve(1);
    this.bytes[this.end++] = value;
  }

  int16(value: number): void {
    this.reserve(2);
    this.end = this.bytes.writeInt16BE(value, this.end);
  }

  int32(value: number): void {
    this.reserve(4);
    this.end = this.bytes.writeInt32BE(value, this.end);
  }

  int64(value: bigint): void {
    this.reserve(8);
    this.end = this.bytes.writeBigInt64BE(value, this.end);
  }

  /** A signed number as a zigzag varint (as Protocol Buffers have them). */
  varint(value: number): void {
    this.reserve(VARINT_BYTES);
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    while (rest > 0x7f) {
      this.bytes[this.end++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.end++] = rest;
  }

  /** A text, or bytes, behind its length as a varint; -1 for null. */
  withVarint(value: string | Uint8Array | null | undefined): void {
    if (value === null || value === undefined) {
      this.varint(-1);
    } else if (typeof value !== 'string') {
      this.varint(value.length);
      this.append(value);
    } else if (!this.asciiWithVarint(value)) {
      this.varint(Buffer.byteLength(value));
      this.reserve(value.length * 3);
      this.end += this.bytes.write(value, this.end);
    }
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** What another one has written. */
  appendWritten(other: ByteWriter): void {
    this.reserve(other.end);
    other.bytes.copy(this.bytes, this.end, 0, other.end);
    this.end += other.end;
  }

  /** Writes over four bytes that were written before. */
  int32At(position: number, value: number): void {
    this.bytes.writeInt32BE(value | 0, position);
  }

  /**
   * Names, ids and times, of which a record has dozens, are short and ASCII: copied here, they cost a
   * tenth of two calls into the runtime. False, and nothing is written, for any other text.
   */
  private asciiWithVarint(text: string): boolean {
    if (text.length > 64) return false;
    const before = this.end;
    this.varint(text.length);
    this.reserve(text.length);
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) {
        this.end = before;
        return false;
      }
      this.bytes[this.end++] = code;
    }
    return true;
  }

  private reserve(more: number): void {
    if (this.end + more <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.end + more));
    this.bytes.copy(grown, 0, 0, this.end);
    this.bytes = grown;
  }
}
