const HIGH_BIT = 0x80;
const LOW_BITS = 0x7f;

/** Reads bytes one value after the other, as Kafka's protocol has them. */
export class ByteReader {
  /** Where the next value begins. */
  at = 0;

  constructor(readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  int16(): number {
    return this.bytes.readInt16BE(this.forward(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.forward(4));
  }

  int64(): bigint {
    return this.bytes.readBigInt64BE(this.forward(8));
  }

  /** A zigzag varint of up to 32 bits. @throws RangeError where the bytes end before it does. */
  varint(): number {
    const { bytes } = this;
    let result = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[this.at++];
      if (byte === undefined) throw new RangeError('a number is cut off');
      result |= (byte & LOW_BITS) << shift;
      if (byte < HIGH_BIT) return (result >>> 1) ^ -(result & 1);
    }
  }

  skipVarint(): void {
    while ((this.bytes[this.at++] ?? 0) >= HIGH_BIT);
  }

  /** A text behind its length as an int16. */
  text(): string {
    const length = this.int16();
    return length < 0 ? '' : this.bytes.toString('utf8', this.forward(length), this.at);
  }

  /** Goes on by so many bytes, and returns where they begin. @throws RangeError where there are fewer. */
  forward(length: number): number {
    const start = this.at;
    if (length < 0 || length > this.left) throw new RangeError(`${length} bytes are cut off`);
    this.at += length;
    return start;
  }
}
