import { randomUUID } from 'node:crypto';
import {
  KafkajsBus,
  type Bus,
  type BusMessage,
  type TopicDescription,
} from '@skald/transport-kafka';
import { waitFor } from '../../tools/wait.mjs';

const TIMEOUT_MS = 30_000;

/** Looks at a cluster as any Kafka tool would: beside Skald, by names alone. */
export class KafkaOnlooker {
  private readonly bus: Bus;

  constructor(brokers: readonly string[]) {
    this.bus = new KafkajsBus({ brokers, clientId: 'onlooker', log: () => undefined });
  }

  topics(names: readonly string[]): Promise<TopicDescription[]> {
    return this.bus.describeTopics(names);
  }

  /** The records of a topic with this key, oldest first, once there are `count` of them. */
  async records(topic: string, key: string, count: number): Promise<BusMessage[]> {
    const found: BusMessage[] = [];
    const subscription = this.bus.subscribe({
      group: `onlooker-${randomUUID()}`,
      topics: [topic],
      onBatch: (batch) => {
        for (const message of batch.messages) {
          if (message.key === key) found.push(message);
          batch.resolve(message);
        }
        return Promise.resolve();
      },
      onPoison: () => Promise.resolve(),
    });
    const what = `${count} records of ${key} in ${topic}`;
    await waitFor(() => found.length >= count, { timeoutMs: TIMEOUT_MS, what });
    await subscription.close();
    return found;
  }

  /** Joins a group for a moment; returns when it was given some of the topic's partitions, not all. */
  async isSharedWithOthers(group: string, topic: string): Promise<void> {
    const [description] = await this.topics([topic]);
    const subscription = this.bus.subscribe({
      group,
      topics: [topic],
      onBatch: () => Promise.resolve(),
      onPoison: () => Promise.resolve(),
    });
    const isShared = () => {
      const ours = subscription.assigned().flatMap(({ partitions }) => partitions).length;
      return ours > 0 && ours < (description?.partitions ?? 0);
    };
    await waitFor(isShared, { timeoutMs: TIMEOUT_MS, what: `another member in group ${group}` });
    await subscription.close();
  }

  close(): Promise<void> {
    return this.bus.close();
  }
}
