import { pushTo } from '@skald/core';
import { Partitioners } from 'kafkajs';
import type { ICustomPartitioner, Kafka, Message, Producer, TopicMessages } from 'kafkajs';
import type { OutgoingMessage } from './bus.js';
import { together } from './kafkajs-produce.js';
import { within } from './within.js';

const ALL_IN_SYNC_REPLICAS = -1;
const ACK_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 5_000;

/** Sends, and knows what it has under way, so that closing can wait for it. */
export class KafkajsSender {
  /** Why the last send failed; null when it did not. */
  trouble: string | null = null;
  private readonly producer: Producer;
  private connected: Promise<void> | undefined;
  private readonly underWay = new Set<Promise<void>>();
  private isClosed = false;

  constructor(kafka: Kafka) {
    // Not idempotent: that allows one request at a time, and consumers absorb duplicates anyway.
    this.producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner });
  }

  send(messages: readonly OutgoingMessage[]): Promise<void> {
    if (this.isClosed) return Promise.reject(new Error('the bus is closed'));
    if (messages.length === 0) return Promise.resolve();
    const sending = this.sendAll(messages);
    this.underWay.add(sending);
    const forget = () => this.underWay.delete(sending);
    sending.then(forget, forget);
    return sending;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await within(ACK_TIMEOUT_MS, Promise.allSettled(this.underWay));
    if (this.connected) await within(CLOSE_TIMEOUT_MS, this.producer.disconnect());
  }

  private async sendAll(messages: readonly OutgoingMessage[]): Promise<void> {
    try {
      await this.connect();
      await this.producer.sendBatch({
        acks: ALL_IN_SYNC_REPLICAS,
        timeout: ACK_TIMEOUT_MS,
        topicMessages: byTopic(messages),
      });
      this.trouble = null;
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }

  private connect(): Promise<void> {
    this.connected ??= this.producer.connect().catch((error: unknown) => {
      this.connected = undefined;
      throw error;
    });
    return this.connected;
  }
}

/**
 * The Java client's choice by key, and the given number as it is. kafkajs by itself leaves out
 * messages for a partition that does not exist, and reports success.
 */
const createPartitioner: ICustomPartitioner = () => {
  const byKey = Partitioners.DefaultPartitioner();
  return (args) => {
    const { partition } = args.message;
    if (partition === undefined) return byKey(args);
    if (args.partitionMetadata.some(({ partitionId }) => partitionId === partition)) {
      return partition;
    }
    throw new Error(`topic ${args.topic} has no partition ${partition}`);
  };
};

function byTopic(messages: readonly OutgoingMessage[]): TopicMessages[] {
  const topics = new Map<string, OutgoingMessage[]>();
  for (const message of messages) pushTo(topics, message.topic, message);
  return [...topics].map(([topic, those]) => ({ topic, messages: byPartition(those) }));
}

/** As they are when kafkajs has to find the partition of one of them: the order within each must stay. */
function byPartition(messages: OutgoingMessage[]): Message[] {
  const partitions = new Map<number, OutgoingMessage[]>();
  for (const message of messages) {
    if (message.partition === undefined) return messages;
    pushTo(partitions, message.partition, message);
  }
  return [...partitions].map(([partition, those]) => together(partition, those));
}
