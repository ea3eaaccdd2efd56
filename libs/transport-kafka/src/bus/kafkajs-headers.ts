import { createRequire } from 'node:module';

type Value = Buffer | null;
type Headers = Record<string, Value | Value[]>;

interface Header {
  readonly key: string;
  readonly value: Value;
}

interface Decoder {
  readVarInt(): number;
  readVarIntArray(read: (decoder: Decoder) => Header): HeaderList | never[];
}

interface DecoderClass {
  readonly prototype: Decoder;
}

/** As much of an array of headers as kafkajs uses: it makes one object of them. */
interface HeaderList {
  reduce(): Headers;
}

/**
 * kafkajs 2.2.4 copies all headers that a record had so far for each one more: of 15, as an event has,
 * over a hundred. This puts a version in its place that adds them to one object; headers are the only
 * arrays that are read in this way. Repeats are harmless.
 */
export function quickenKafkajsHeaders(): void {
  const load = createRequire(import.meta.url);
  const { prototype } = load('kafkajs/src/protocol/decoder.js') as DecoderClass;
  prototype.readVarIntArray = function readHeaders(read) {
    // Without a prototype: a header may be called like a member of Object.
    const headers = Object.create(null) as Headers;
    for (let left = this.readVarInt(); left > 0; left--) add(headers, read(this));
    return { reduce: () => headers };
  };
}

function add(headers: Headers, { key, value }: Header): void {
  const before = headers[key];
  if (before === undefined) headers[key] = value;
  else headers[key] = Array.isArray(before) ? [...before, value] : [before, value];
}
