import { pushTo } from '@skald/core';
import type { EachBatchPayload, PartitionOffset, TopicOffsets } from 'kafkajs';
import type { NextOffset } from './lanes.js';

/** As much of what kafkajs hands over with a batch as this needs. */
interface Payload extends Pick<EachBatchPayload, 'commitOffsetsIfNecessary'> {
  readonly batch: { readonly messages: readonly unknown[] };
}

/**
 * Stores where the group goes on, by the function that kafkajs hands over with each batch: unlike
 * `consumer.commitOffsets` it rejects, at once, when the group says no.
 *
 * Any batch's function does for all of a membership, but keeps its batch in memory, so the smallest one's is
 * taken. With that of each batch in turn all that was fetched was promoted to the old generation, and young
 * collections took twice as long (docs/decisions/0015).
 */
export class GroupOffsets {
  private payload: Payload | undefined;

  offer(payload: Payload): void {
    const size = this.payload?.batch.messages.length ?? Infinity;
    if (payload.batch.messages.length < size) this.payload = payload;
  }

  /** Rejects when the membership does not hold any more, and before its first batch. */
  async store(offsets: readonly NextOffset[]): Promise<void> {
    if (!this.payload) throw new Error('not a member of the group');
    await this.payload.commitOffsetsIfNecessary({ topics: byTopic(offsets) });
  }
}

function byTopic(offsets: readonly NextOffset[]): TopicOffsets[] {
  const topics = new Map<string, PartitionOffset[]>();
  for (const { topic, partition, offset } of offsets) pushTo(topics, topic, { partition, offset });
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}
