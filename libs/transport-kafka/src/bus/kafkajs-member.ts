import { PartitionAssigners } from 'kafkajs';
import type { Consumer, ConsumerGroupJoinEvent, Kafka, KafkaMessage } from 'kafkajs';
import type { AssignedTopic, BusMessage } from './bus.js';
import { GroupOffsets } from './group-offsets.js';
import { coPartitioned } from './kafkajs-assigner.js';
import type { NextOffset } from './lanes.js';
import { ReceivedRecord } from './record-batches.js';
import { within } from './within.js';

const SESSION_TIMEOUT_MS = 6_000;
const HEARTBEAT_MS = 1_000;
const REBALANCE_TIMEOUT_MS = 10_000;
const FETCH_WAIT_MS = 500;
const START_TIMEOUT_MS = 30_000;
/** So many seconds without a heartbeat that the broker confirmed; a rebalance takes up to 10. */
const SILENT_TICKS = 15;
const TICK_MS = 1_000;
const DISCONNECT_TIMEOUT_MS = 5_000;
const CRASH_REPORT_MS = 1_000;

/** One retry layer only: kafkajs bridges moments, what lasts longer ends the member. */
const RETRY = {
  retries: 5,
  initialRetryTime: 100,
  maxRetryTime: 1_000,
  multiplier: 2,
  factor: 0.2,
};

export interface MemberOptions {
  readonly kafka: Kafka;
  readonly group: string;
  readonly topics: readonly string[];
  readonly onJoined: (assigned: readonly AssignedTopic[]) => void;
  readonly onMessages: (topic: string, partition: number, messages: readonly BusMessage[]) => void;
  /** The group is about to share out its partitions anew: the last moment to store offsets. */
  readonly onRebalancing: () => void;
  readonly onSign: (sign: 'heartbeat' | 'fetch') => void;
}

/**
 * One membership of a consumer group, from joining to the first trouble that it does not get over
 * by itself. It is never restarted: kafkajs's consumers stop silently in more ways than they start
 * again, so the supervisor takes a new one instead.
 */
export class Member {
  private readonly consumer: Consumer;
  private readonly started: Promise<void>;
  private end: (reason: string) => void = () => undefined;
  /** Fulfils with the reason when this membership is over. */
  readonly ended: Promise<string>;
  private isOver = false;
  private memberId: string | undefined;
  private assignment = new Map<string, ReadonlySet<number>>();
  private readonly offsets = new GroupOffsets();
  private silentTicks = 0;
  private readonly watch: NodeJS.Timeout;

  constructor(private readonly options: MemberOptions) {
    this.ended = new Promise((resolve) => {
      this.end = (reason) => {
        this.isOver = true;
        clearInterval(this.watch);
        resolve(reason);
      };
    });
    this.consumer = options.kafka.consumer({
      groupId: options.group,
      // The second for groups with members, as of older versions, that do not know the first.
      partitionAssigners: [
        coPartitioned(() => this.heldPartitions()),
        PartitionAssigners.roundRobin,
      ],
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      minBytes: 1,
      allowAutoTopicCreation: false,
      retry: { ...RETRY, restartOnFailure: () => Promise.resolve(false) },
    });
    this.listen();
    this.watch = setInterval(() => {
      this.checkSilence();
    }, TICK_MS);
    this.started = this.start();
  }

  /** Stops or resumes fetching; what was fetched before still arrives. */
  setPaused({ topic, partition }: { topic: string; partition: number }, isPaused: boolean): void {
    if (this.isOver) return;
    const partitions = [{ topic, partitions: [partition] }];
    if (isPaused) this.consumer.pause(partitions);
    else this.consumer.resume(partitions);
  }

  pauseAll(): void {
    if (this.isOver || this.assignment.size === 0) return;
    this.consumer.pause([...this.assignment.keys()].map((topic) => ({ topic })));
  }

  /** Stores where the group goes on; rejects when the membership does not hold any more. */
  async commit(offsets: readonly NextOffset[]): Promise<void> {
    if (this.isOver) throw new Error('not a member of the group');
    await this.offsets.store(offsets);
  }

  /** Leaves the group. Ends in any case, within seconds. */
  async leave(): Promise<void> {
    this.end('left');
    // A consumer that is told to disconnect while it joins forgets about it and joins.
    await within(DISCONNECT_TIMEOUT_MS, this.started);
    await within(DISCONNECT_TIMEOUT_MS, this.consumer.disconnect());
  }

  private listen(): void {
    const { consumer } = this;
    const { events } = consumer;
    consumer.on(events.HEARTBEAT, () => {
      this.silentTicks = 0;
      this.options.onSign('heartbeat');
    });
    consumer.on(events.FETCH, () => {
      this.options.onSign('fetch');
    });
    consumer.on(events.REBALANCING, () => {
      this.silentTicks = 0;
      this.options.onRebalancing();
    });
    consumer.on(events.GROUP_JOIN, (event) => {
      this.joined(event);
    });
    consumer.on(events.CRASH, (event) => {
      this.end(`crashed: ${event.payload.error.message}`);
    });
    consumer.on(events.STOP, () => {
      this.stopped('stopped');
    });
    consumer.on(events.DISCONNECT, () => {
      this.stopped('disconnected');
    });
  }

  /** A crash stops and disconnects first, and tells its reason last. */
  private stopped(reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    setTimeout(() => {
      this.end(reason);
    }, CRASH_REPORT_MS).unref();
  }

  private async start(): Promise<void> {
    try {
      await this.consumer.connect();
      await this.consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true });
      await this.consumer.run({
        autoCommit: false,
        eachBatch: (payload) => {
          const { topic, partition, messages } = payload.batch;
          this.offsets.offer(payload);
          this.take(topic, partition, messages);
          return Promise.resolve();
        },
      });
    } catch (error) {
      this.end(`could not join: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private take(topic: string, partition: number, messages: readonly KafkaMessage[]): void {
    // A fetch that was on its way during a rebalance; whoever has the partition now reads it, too.
    if (this.isOver || !this.assignment.get(topic)?.has(partition)) return;
    const received = messages.map((message) =>
      message instanceof ReceivedRecord ? message : toBusMessage(topic, partition, message),
    );
    this.options.onMessages(topic, partition, received);
  }

  private joined({ payload }: ConsumerGroupJoinEvent): void {
    this.silentTicks = 0;
    if (this.isOver) {
      // The join outlasted our patience. Left alone, it would hold partitions that nobody reads.
      void this.started.then(() => this.consumer.disconnect()).catch(() => undefined);
      return;
    }
    if (this.memberId !== undefined && this.memberId !== payload.memberId) {
      // The group had dropped us, and other members may have moved on: begin from clean state.
      this.end('lost its membership');
      return;
    }
    this.memberId = payload.memberId;
    const topics = Object.entries(payload.memberAssignment);
    this.assignment = new Map(topics.map(([topic, partitions]) => [topic, new Set(partitions)]));
    this.options.onJoined(topics.map(([topic, partitions]) => ({ topic, partitions })));
  }

  private heldPartitions(): number[] {
    return [...new Set([...this.assignment.values()].flatMap((partitions) => [...partitions]))];
  }

  private checkSilence(): void {
    // Counted in ticks and not read from a clock: a process that was suspended has not been silent.
    this.silentTicks++;
    const limit = this.memberId === undefined ? START_TIMEOUT_MS / TICK_MS : SILENT_TICKS;
    if (this.silentTicks > limit) this.end(`silent for ${limit} s`);
  }
}

/** Of a record that kafkajs itself has read, as those of brokers before Kafka 2.3. */
function toBusMessage(topic: string, partition: number, message: KafkaMessage): BusMessage {
  // Without a prototype: a header may be called like a member of Object.
  const headers = Object.create(null) as Record<string, string>;
  const received = message.headers ?? {};
  for (const name of Object.keys(received)) {
    const value = received[name];
    const last = Array.isArray(value) ? value.at(-1) : value;
    headers[name] = last?.toString() ?? '';
  }
  return {
    topic,
    partition,
    offset: message.offset,
    key: message.key?.toString() ?? null,
    value: message.value ?? Buffer.alloc(0),
    headers,
  };
}
