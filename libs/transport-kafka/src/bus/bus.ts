/**
 * The small port to a log of partitioned topics. What an implementation must keep, and what
 * `busConformance` checks on each:
 *
 * 1. `send` fulfils only when every message is acknowledged by all in-sync replicas.
 * 2. A message is delivered until its consumer has settled it. A handler that throws, a consumer
 *    that dies and a partition that moves cost duplicates, never messages.
 * 3. What counts as consumed is the highest offset below which everything is settled; it is stored
 *    after the fact, so that a restart begins at or before the first unsettled message.
 * 4. Within a partition first deliveries come in order. Redeliveries do not keep it.
 * 5. One message that always fails does not hold up the others of its partition.
 * 6. A consumer that dies, or falls silent, is replaced without anybody's help.
 */
export interface Bus {
  /**
   * Sends all messages, those of one partition in the given order. Rejects when any of them is not
   * acknowledged; then nothing is known of any of them. A request that is repeated for one
   * partition's sake repeats others: what was sent once may arrive twice.
   */
  send(messages: readonly OutgoingMessage[]): Promise<void>;
  /**
   * Begins to consume, and goes on until closed, whatever the broker does meanwhile: an unreachable
   * one is a matter for `health`, not an error here.
   */
  subscribe(options: SubscribeOptions): Subscription;
  /** Creates the topics that do not exist, and returns what all are like when all can be written. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<TopicDescription[]>;
  /** Those of the topics that exist; `warnings` say what in their settings may lose messages. */
  describeTopics(names: readonly string[]): Promise<TopicDescription[]>;
  health(): BusHealth;
  /**
   * In this order: intake ends, what handlers work on is awaited (at most `drainTimeoutMs`, default
   * 10 s; handlers may still send), offsets are stored, groups left, then the producer is flushed.
   * Messages that are unsettled by then are delivered again to others.
   */
  close(options?: CloseOptions): Promise<void>;
}

export interface OutgoingMessage {
  readonly topic: string;
  /** Default: by the key's hash, as the Java client does it; without a key, any. */
  readonly partition?: number;
  readonly key?: string;
  readonly value: string | Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface BusMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  /** Empty where the record has none. */
  readonly value: Buffer;
  /** Of a header that occurs twice, the last. Bytes that are not UTF-8 become U+FFFD. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface SubscribeOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Called with messages of one partition at a time, and for that partition not again until the
   * returned promise has settled: that is the handler's means to hold back. Its fulfilment settles
   * nothing; `resolve` does, then or later. Its rejection rejects what is not settled yet.
   */
  readonly onBatch: (batch: BusBatch) => Promise<void>;
  /**
   * Takes a message that failed by itself `maxFailures` times (the dead-letter table); fulfilment
   * means that it is stored durably and counts as settled. When it rejects, the message goes to
   * `onBatch` again before this is tried once more.
   */
  readonly onPoison: (message: BusMessage, error: unknown) => Promise<void>;
  /** Hears each assignment of the group's partitions to this member: all of them, each time. */
  readonly onAssigned?: (partitions: readonly AssignedTopic[]) => void;
  /** Most messages in a batch. Default 200. */
  readonly maxBatch?: number;
  /** A partition with so many unsettled messages is not fetched until half of them are settled. Default 1,000. */
  readonly highWaterMark?: number;
  /** Default 5: within a second. */
  readonly maxFailures?: number;
}

export interface BusBatch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly BusMessage[];
  /** The message's effect is durable: it need not come again. Repeats are harmless. */
  resolve(message: BusMessage): void;
  /** The message failed by itself: it comes again, alone, and after `maxFailures` is poison. */
  reject(message: BusMessage, error: unknown): void;
  /**
   * True once the partition is no longer ours. What is unsettled is delivered elsewhere, too, and
   * `resolve` has no effect any more; a handler may stop.
   */
  isStale(): boolean;
}

export interface AssignedTopic {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface Subscription {
  /** Fulfils when the group has been joined for the first time; rejects when closed before. */
  readonly joined: Promise<void>;
  assigned(): readonly AssignedTopic[];
  health(): ConsumerHealth;
  /** As `Bus.close`, for this consumer alone. */
  close(options?: CloseOptions): Promise<void>;
}

export interface CloseOptions {
  /** Milliseconds. 0 = unsettled messages are abandoned at once. */
  readonly drainTimeoutMs?: number;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  /** Default: the broker's. */
  readonly replicationFactor?: number;
  /** The topic's own settings, as `min.insync.replicas`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface TopicDescription {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly minInSyncReplicas: number;
  readonly uncleanLeaderElection: boolean;
  readonly warnings: readonly string[];
}

export interface BusHealth {
  /** Every consumer has its group and the last send, if any, succeeded. */
  readonly connected: boolean;
  readonly consumers: readonly ConsumerHealth[];
  /** What is wrong now, one sentence each; empty when all is well. */
  readonly reasons: readonly string[];
}

export interface ConsumerHealth {
  readonly group: string;
  readonly state: 'starting' | 'running' | 'restarting' | 'closed';
  /** Milliseconds since the epoch; null = not yet. */
  readonly lastHeartbeatAt: number | null;
  readonly lastFetchAt: number | null;
  readonly assigned: readonly AssignedTopic[];
  /** Messages delivered and not settled. */
  readonly unsettled: number;
  readonly restarts: number;
  /** How often stored offsets were out of the log's range, so that messages may have been lost. */
  readonly offsetResets: number;
  readonly reasons: readonly string[];
}

/**
 * Thrown (or given to `reject`) when the handler as a whole cannot work now, as without its
 * database. No message is to blame: nothing counts against any, and the partition rests for the time.
 */
export class RedeliverLater extends Error {
  override readonly name = 'RedeliverLater';

  /** @param afterMs Milliseconds. */
  constructor(
    readonly afterMs: number,
    options?: ErrorOptions,
  ) {
    super(`to be delivered again after ${afterMs} ms`, options);
  }
}

/** Where a bus tells what happens. `message` is constant; what varies is in the fields. */
export type BusLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields: Readonly<Record<string, unknown>>,
) => void;
