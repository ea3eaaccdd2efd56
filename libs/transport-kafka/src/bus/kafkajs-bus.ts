import { Kafka, logLevel, type KafkaConfig, type SASLOptions } from 'kafkajs';
import type { Bus, BusHealth, BusLog, CloseOptions, OutgoingMessage } from './bus.js';
import type { SubscribeOptions, Subscription, TopicDescription, TopicSpec } from './bus.js';
import { quickenKafkajsFetch } from './kafkajs-fetch.js';
import { releaseKafkajsRequests } from './kafkajs-in-flight.js';
import { kafkajsLog, type LogHints } from './kafkajs-log.js';
import { quickenKafkajsProduce } from './kafkajs-produce.js';
import { KafkajsSender } from './kafkajs-sender.js';
import { KafkajsSubscription } from './kafkajs-subscription.js';
import { quietKafkajsTimers } from './kafkajs-timers.js';
import { describeTopics, ensureTopics } from './kafkajs-topics.js';

export interface KafkajsBusOptions {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly log: BusLog;
  readonly ssl?: boolean;
  readonly sasl?: SASLOptions;
}

const CONNECTION_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** One retry layer only: kafkajs bridges moments (about 3 s), callers send again by backoff. */
const RETRY = {
  retries: 5,
  initialRetryTime: 100,
  maxRetryTime: 1_000,
  multiplier: 2,
  factor: 0.2,
};

/** The bus over Apache Kafka by way of kafkajs 2.2.4, which is unmaintained and stays behind it. */
export class KafkajsBus implements Bus {
  private readonly sender: KafkajsSender;
  private readonly subscriptions: KafkajsSubscription[] = [];
  private closed: Promise<void> | undefined;

  constructor(private readonly options: KafkajsBusOptions) {
    quietKafkajsTimers();
    quickenKafkajsProduce();
    quickenKafkajsFetch();
    releaseKafkajsRequests();
    this.sender = new KafkajsSender(this.newKafka());
  }

  send(messages: readonly OutgoingMessage[]): Promise<void> {
    return this.sender.send(messages);
  }

  subscribe(options: SubscribeOptions): Subscription {
    if (this.closed) throw new Error('the bus is closed');
    const subscription = new KafkajsSubscription(options, {
      newKafka: (hints) => this.newKafka(hints),
      log: this.options.log,
    });
    this.subscriptions.push(subscription);
    return subscription;
  }

  ensureTopics(topics: readonly TopicSpec[]): Promise<TopicDescription[]> {
    return ensureTopics(this.newKafka(), topics);
  }

  describeTopics(names: readonly string[]): Promise<TopicDescription[]> {
    return describeTopics(this.newKafka(), names);
  }

  health(): BusHealth {
    const consumers = this.subscriptions
      .map((subscription) => subscription.health())
      .filter(({ state }) => state !== 'closed');
    const reasons = consumers.flatMap((consumer) => consumer.reasons);
    const { trouble } = this.sender;
    if (trouble !== null) reasons.push(`the last send failed: ${trouble}`);
    if (this.closed) reasons.push('the bus is closed');
    const isRunning = consumers.every(({ state }) => state === 'running');
    return { connected: isRunning && trouble === null && !this.closed, consumers, reasons };
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.closed ??= this.shutDown(options);
    return this.closed;
  }

  private async shutDown(options: CloseOptions): Promise<void> {
    await Promise.all(this.subscriptions.map((subscription) => subscription.close(options)));
    await this.sender.close();
  }

  private newKafka(hints: LogHints = {}): Kafka {
    const { brokers, clientId, log, ssl, sasl } = this.options;
    const config: KafkaConfig = {
      brokers: [...brokers],
      clientId,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      retry: RETRY,
      logLevel: logLevel.INFO,
      logCreator: kafkajsLog(log, hints),
    };
    return new Kafka({
      ...config,
      ...(ssl === undefined ? {} : { ssl }),
      ...(sasl === undefined ? {} : { sasl }),
    });
  }
}
