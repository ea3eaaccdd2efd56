import type { BusMessage } from '@skald/transport-kafka';
import type { DataSource } from 'typeorm';

const MAX_VALUE_BYTES = 64 * 1024;
const MAX_ERROR = 2_000;

/** One entry of a batch. */
interface Part {
  /** From 1; 0 = the whole record. */
  readonly entry: number;
  readonly value: Buffer;
}

/** Messages that nobody can carry out, kept in the participant's own database for a human to look at. */
export class DeadLetters {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Stores a message, or one entry of a batch in it. Fulfils when it is stored; what comes twice is kept
   * once.
   */
  async bury(message: BusMessage, error: unknown, part?: Part): Promise<void> {
    const { topic, partition, offset, key, headers } = message;
    const { entry, value } = part ?? { entry: 0, value: message.value };
    const text = error instanceof Error ? error.message : String(error);
    await this.dataSource.query(
      `insert into skald_dead_letter (topic, partition, "offset", entry, key, headers, value, error)
       values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
      [
        topic,
        partition,
        offset,
        entry,
        key === null ? null : storable(key),
        JSON.stringify(headers),
        value.subarray(0, MAX_VALUE_BYTES),
        storable(text.slice(0, MAX_ERROR)),
      ],
    );
  }
}

/** PostgreSQL's text has no NUL. */
function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
