import { setTimeout as pause } from 'node:timers/promises';
import type { OutgoingCommand } from '@skald/core';
import type { Log, Transport, TransportHealth, TransportSink } from '@skald/engine';
import { RedeliverLater } from './bus/bus.js';
import type { Bus, BusBatch, BusMessage, Subscription } from './bus/bus.js';
import { within } from './bus/within.js';
import { readRecord, toDeadLetter, type Arrival } from './kafka-replies.js';
import { KafkaRoutes, type KafkaParticipant } from './kafka-routes.js';
import { packParcels, type Parcel } from './parcels.js';

export interface KafkaTransportOptions {
  /** Closed by `stop`. */
  readonly bus: Bus;
  /** By name. Nobody else is sent anything or listened to. */
  readonly participants: Readonly<Record<string, KafkaParticipant>>;
  readonly log: Log;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** First part of the names of topics and group. Default `skald`. */
  readonly prefix?: string;
  /** Of each topic that is created. Default 6. */
  readonly partitions?: number;
  /** Create missing topics (development). Default: false, they are awaited. */
  readonly createTopics?: boolean;
  /** How long `start` waits until replies can be received; it goes on trying after that. Default 10,000. */
  readonly startTimeoutMs?: number;
  /** How long `stop` waits for received replies to become durable. Default 5,000. */
  readonly drainTimeoutMs?: number;
}

const RETRY_OPENING_MS = 2_000;
const REDELIVER_MS = 1_000;
const TOO_LARGE = { outcome: 'failed', reason: 'command-too-large', misconfigured: true } as const;

/**
 * Commands and replies over Kafka (DESIGN.md section 6): one CloudEvent per record in binary content form,
 * or up to 100 in batch content form for participants that speak it. What one `send` takes leaves by one
 * send of the bus; several may be under way. Replies are understood in either form.
 *
 * A reply is consumed once it is durable, so it comes at least once. A command that the brokers did not
 * acknowledge is reported undelivered although it may have been written: it will be asked again under
 * the same barrier key, and an outage of the brokers must not use up a step's attempts.
 */
export class KafkaTransport implements Transport {
  readonly #options: KafkaTransportOptions;
  readonly #prefix: string;
  readonly #routes: KafkaRoutes;
  readonly #stopping = new AbortController();
  #sink: TransportSink | undefined;
  #opening: Promise<void> | undefined;
  #subscription: Subscription | undefined;
  #trouble: string | undefined = 'not started';
  #hasFailedToSend = false;
  #stopped: Promise<void> | undefined;

  constructor(options: KafkaTransportOptions) {
    this.#options = options;
    this.#prefix = options.prefix ?? 'skald';
    this.#routes = new KafkaRoutes(this.#prefix, options.participants, options.partitions ?? 6);
  }

  /** Fulfils even when the brokers are away: that is a matter of `health`, and is mended without help. */
  async start(sink: TransportSink): Promise<void> {
    this.#sink = sink;
    this.#trouble = 'is connecting';
    this.#opening = this.#open();
    await within(this.#options.startTimeoutMs ?? 10_000, this.#opening);
  }

  send(commands: readonly OutgoingCommand[]): void {
    if (this.#stopped) {
      for (const command of commands) this.#refuse(command, 'stopping');
      return;
    }
    const { now } = this.#options;
    const { parcels, tooLarge, homeless } = packParcels(commands, this.#routes, now());
    for (const command of homeless) this.#refuse(command, 'not-registered');
    for (const command of tooLarge) this.#refuseTooLarge(command);
    for (const parcel of parcels) this.#post(parcel);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#close();
    return this.#stopped;
  }

  health(): TransportHealth {
    const { connected, reasons } = this.#options.bus.health();
    const isReceiving = this.#subscription?.health().state === 'running';
    const trouble = this.#trouble === undefined ? [] : [`kafka transport: ${this.#trouble}`];
    return {
      isReady: isReceiving && connected && !this.#stopped,
      reasons: [...trouble, ...reasons],
    };
  }

  /** Tries until there are topics to listen to, and listens. */
  async #open(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted && !(await this.#haveTopics())) {
      await pause(RETRY_OPENING_MS, undefined, { signal }).catch(() => undefined);
    }
    if (signal.aborted) return;
    this.#trouble = undefined;
    if (this.#routes.replyTopics.length === 0) return;
    this.#subscription = this.#options.bus.subscribe({
      group: `${this.#prefix}.coordinator`,
      topics: this.#routes.replyTopics,
      onBatch: (batch) => this.#receive(batch),
      onPoison: (message, error) => this.#bury(message, error),
      onAssigned: (assigned) => {
        this.#routes.assign(assigned);
      },
    });
    await this.#subscription.joined.catch(() => undefined);
  }

  async #haveTopics(): Promise<boolean> {
    const { bus, createTopics = false, partitions = 6, log } = this.#options;
    const names = this.#routes.topics;
    try {
      const topics = createTopics
        ? await bus.ensureTopics(names.map((name) => ({ name, partitions })))
        : await bus.describeTopics(names);
      const found = new Set(topics.map(({ name }) => name));
      const missing = names.filter((name) => !found.has(name));
      if (missing.length > 0) throw new Error(`topics are missing: ${missing.join(', ')}`);
      this.#routes.describe(topics);
      const warnings = topics.flatMap((topic) => topic.warnings).join('; ');
      const level = createTopics ? 'info' : 'warn';
      if (warnings !== '') log[level]('topics have settings that may lose messages', { warnings });
      return true;
    } catch (error) {
      const trouble = messageOf(error);
      if (trouble !== this.#trouble) log.error('topics cannot be used yet', { reason: trouble });
      this.#trouble = trouble;
      return false;
    }
  }

  async #receive(batch: BusBatch): Promise<void> {
    const participant = this.#routes.participantOf(batch.topic) ?? '';
    const kept: Promise<void>[] = [];
    for (const message of batch.messages) {
      if (batch.isStale()) break;
      const arrivals = readRecord(message, participant);
      let open = arrivals.length;
      const settled = () => {
        if (--open === 0) batch.resolve(message);
      };
      for (const arrived of arrivals) {
        if (arrived.kind === 'reply') this.#sink?.replied(arrived.reply, settled);
        else {
          const keeping = this.#keep(arrived).then(settled, (cause: unknown) => {
            batch.reject(message, new RedeliverLater(REDELIVER_MS, { cause }));
          });
          kept.push(keeping);
        }
      }
    }
    await Promise.all(kept);
  }

  async #keep(arrived: Exclude<Arrival, { kind: 'reply' }>): Promise<void> {
    if (!this.#sink) throw new RedeliverLater(REDELIVER_MS);
    if (arrived.kind === 'report') await this.#sink.reported(arrived.report);
    else await this.#sink.deadLetter(arrived.letter);
  }

  async #bury(message: BusMessage, error: unknown): Promise<void> {
    if (!this.#sink) throw new RedeliverLater(REDELIVER_MS);
    await this.#sink.deadLetter(toDeadLetter(message, error));
  }

  #post({ commands, messages }: Parcel): void {
    this.#options.bus.send(messages).then(
      () => {
        if (this.#hasFailedToSend) this.#options.log.info('commands can be sent again');
        this.#hasFailedToSend = false;
      },
      (error: unknown) => {
        const fields = { reason: messageOf(error) };
        if (!this.#hasFailedToSend) this.#options.log.warn('commands cannot be sent', fields);
        this.#hasFailedToSend = true;
        for (const command of commands) {
          this.#sink?.undelivered(command, { reason: 'unreachable' });
        }
      },
    );
  }

  /** Later: the sink is never called from within `send`. */
  #refuse(command: OutgoingCommand, reason: string): void {
    setImmediate(() => this.#sink?.undelivered(command, { reason }));
  }

  #refuseTooLarge({ transaction, step, direction, attempt, participant }: OutgoingCommand): void {
    this.#options.log.error('a command is too large to be sent', {
      participant,
      transaction,
      step,
    });
    const refusal = { transaction, step, direction, attempt, reply: TOO_LARGE };
    setImmediate(() => this.#sink?.replied(refusal));
  }

  async #close(): Promise<void> {
    this.#stopping.abort();
    const { bus, drainTimeoutMs = 5_000 } = this.#options;
    await bus.close({ drainTimeoutMs });
    // It ends by the signal, or when the brokers have let its last question time out: not waited for.
    if (this.#opening) await within(drainTimeoutMs, this.#opening);
    this.#sink = undefined;
    this.#trouble = 'stopped';
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
