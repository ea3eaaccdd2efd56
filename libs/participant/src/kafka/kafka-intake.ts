import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { encodeReply, MAX_BATCH_COMMANDS, replyAttributes, toHeaders } from '@skald/core';
import type { CommandEvent, Reply, ResolveOrder } from '@skald/core';
import { RedeliverLater, type Bus, type BusBatch, type BusMessage } from '@skald/transport-kafka';
import { NotNow } from '../errors.js';
import type { Intake, IntakeHealth, SkaldServer } from '../server/skald-server.js';
import type { DeadLetters } from './dead-letters.js';
import { PreparedReports } from './prepared-reports.js';
import { readRecord, type Contents, type Unreadable } from './records.js';
import { ReplySender } from './reply-sender.js';

export interface KafkaIntakeOptions {
  /** Closed by `close`. */
  readonly bus: Bus;
  readonly participant: string;
  readonly deadLetters: DeadLetters;
  /** First part of the names of topics and group. */
  readonly prefix: string;
  /** Partitions of topics that are missing and then created; undefined = they are awaited. */
  readonly createPartitions: number | undefined;
  /** How long opening waits until the group is joined; it goes on trying after that. */
  readonly startTimeoutMs: number;
  /** How long closing waits for commands under way. */
  readonly drainTimeoutMs: number;
  /** Pause between two reports of what is prepared. */
  readonly reportIntervalMs: number;
}

const RETRY_OPENING_MS = 1_000;
const REDELIVER_MS = 1_000;

/**
 * The Kafka intake: commands in either content form from `<prefix>.<participant>.commands`, replies in the
 * same form to the same partition number of `<prefix>.<participant>.replies`, as handlers finish.
 *
 * A record is consumed once all replies to it are acknowledged, so it may come again: the barrier answers it.
 * What is no command goes to the dead letters, and holds nobody up. Orders of operators about prepared
 * transactions come the same way, and reports of what is prepared leave with the replies.
 */
export class KafkaIntake implements Intake {
  private readonly logger = new Logger('SkaldKafka');
  private readonly stopping = new AbortController();
  private readonly replies: ReplySender;
  private reports: PreparedReports | undefined;
  private readonly topics: { readonly commands: string; readonly replies: string };
  private opening: Promise<void> | undefined;
  private trouble: string | undefined = 'not started';

  constructor(private readonly options: KafkaIntakeOptions) {
    const { bus, prefix, participant } = options;
    this.replies = new ReplySender(bus);
    this.topics = {
      commands: `${prefix}.${participant}.commands`,
      replies: `${prefix}.${participant}.replies`,
    };
  }

  /** Fulfils even when the brokers are away: that is a matter of `health`, and is mended without help. */
  async open(server: SkaldServer): Promise<void> {
    this.opening = this.subscribe(server);
    const { bus, reportIntervalMs: everyMs } = this.options;
    this.reports = new PreparedReports({ bus, topic: this.topics.replies, server, everyMs });
    this.reports.start(this.opening);
    const { signal } = this.stopping;
    const waited = pause(this.options.startTimeoutMs, undefined, { signal, ref: false });
    await Promise.race([this.opening, waited.catch(() => undefined)]);
  }

  /** In this order: intake ends, commands under way end, replies leave, offsets are stored. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.reports?.stop();
    await this.options.bus.close({ drainTimeoutMs: this.options.drainTimeoutMs });
    await this.opening;
    this.trouble = 'stopped';
  }

  health(): IntakeHealth {
    const { connected, reasons } = this.options.bus.health();
    const trouble = this.trouble === undefined ? [] : [`kafka: ${this.trouble}`];
    return { isReady: connected && this.trouble === undefined, reasons: [...trouble, ...reasons] };
  }

  private async subscribe(server: SkaldServer): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted && !(await this.haveTopics())) {
      await pause(RETRY_OPENING_MS, undefined, { signal }).catch(() => undefined);
    }
    if (signal.aborted) return;
    const subscription = this.options.bus.subscribe({
      group: `${this.options.prefix}.${this.options.participant}`,
      topics: [this.topics.commands],
      onBatch: (batch) => this.take(server, batch),
      onPoison: (message, error) => this.options.deadLetters.bury(message, error),
    });
    await subscription.joined.catch(() => undefined);
  }

  private async haveTopics(): Promise<boolean> {
    const { bus, createPartitions: partitions } = this.options;
    const names = Object.values(this.topics);
    try {
      const topics =
        partitions === undefined
          ? await bus.describeTopics(names)
          : await bus.ensureTopics(names.map((name) => ({ name, partitions })));
      const found = new Set(topics.map(({ name }) => name));
      const missing = names.filter((name) => !found.has(name));
      if (missing.length > 0) throw new Error(`topics are missing: ${missing.join(', ')}`);
      this.trouble = undefined;
      return true;
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      if (trouble !== this.trouble) this.logger.warn(`topics cannot be used yet: ${trouble}`);
      this.trouble = trouble;
      return false;
    }
  }

  /** Takes records as long as the line is short: no command waits for a slow one. */
  private async take(server: SkaldServer, batch: BusBatch): Promise<void> {
    for (const page of pagesOf(batch.messages)) {
      if (batch.isStale()) return;
      this.takePage(server, batch, page);
      await server.hasRoom();
    }
  }

  private takePage(server: SkaldServer, batch: BusBatch, page: readonly Received[]): void {
    const replies = server.carryOutAll(page.flatMap(({ contents }) => contents.commands));
    let next = 0;
    for (const received of page) {
      const { message, contents } = received;
      const theirs = replies.slice(next, next + contents.commands.length);
      next += theirs.length;
      this.settle(server, received, theirs).then(
        () => {
          batch.resolve(message);
        },
        (error: unknown) => {
          batch.reject(message, error);
        },
      );
    }
  }

  /** Fulfils when all replies to a record are acknowledged, and what is no command is a dead letter. */
  private async settle(
    server: SkaldServer,
    { message, contents }: Received,
    replies: readonly Promise<Reply>[],
  ): Promise<void> {
    const { order, isBatch, commands, unreadable } = contents;
    const endings = await Promise.allSettled([
      ...(order ? [this.resolve(server, order)] : []),
      ...unreadable.map((part) => this.bury(message, part)),
      ...replies.map(async (reply, index) => {
        const command = commands[index];
        if (command) await this.answer(message, { command, reply: await reply, isBatch });
      }),
    ]);
    for (const ending of endings) if (ending.status === 'rejected') throw ending.reason;
  }

  private async bury(message: BusMessage, part: Unreadable): Promise<void> {
    const { entry, error } = part;
    await laterUnless(this.options.deadLetters.bury(message, error, part));
    const { offset } = message;
    this.logger.warn({ message: 'dead letter', offset, entry, error: error.message });
  }

  /** Nobody waits for the answer: what became of the order is seen in the next report. */
  private async resolve(server: SkaldServer, order: ResolveOrder): Promise<void> {
    const { gid, outcome, by } = order;
    try {
      const result = (await server.resolve(order))?.result ?? 'no such gid';
      this.logger.log({ message: 'order of a human', gid, outcome, by, result });
      await this.reports?.send();
    } catch (cause) {
      if (!(cause instanceof NotNow)) throw new RedeliverLater(REDELIVER_MS, { cause });
      // It says why, and a human can give the order again.
      const error = cause.message;
      this.logger.error({ message: 'order of a human not carried out', gid, outcome, by, error });
    }
  }

  private async answer(message: BusMessage, answer: Answer): Promise<void> {
    const { command, reply, isBatch } = answer;
    const { participant } = this.options;
    const at = Date.now();
    const topic = this.topics.replies;
    const { partition } = message;
    const outgoing = isBatch
      ? { topic, partition, event: encodeReply(command, participant, { reply, at }) }
      : {
          topic,
          partition,
          key: command.transaction,
          value: JSON.stringify(reply),
          headers: toHeaders(replyAttributes(command, participant, at)),
        };
    await laterUnless(this.replies.send(outgoing));
  }
}

interface Received {
  readonly message: BusMessage;
  readonly contents: Contents;
}

interface Answer {
  readonly command: CommandEvent;
  readonly reply: Reply;
  readonly isBatch: boolean;
}

/** Records with about as many commands together as a batch may have, one record at least. */
function* pagesOf(messages: readonly BusMessage[]): Generator<readonly Received[]> {
  let page: Received[] = [];
  let commands = 0;
  for (const message of messages) {
    const contents = readRecord(message);
    if (page.length > 0 && commands + contents.commands.length > MAX_BATCH_COMMANDS) {
      yield page;
      page = [];
      commands = 0;
    }
    page.push({ message, contents });
    commands += contents.commands.length;
  }
  if (page.length > 0) yield page;
}

/** No message is to blame when the brokers or the database are away. */
async function laterUnless(stored: Promise<void>): Promise<void> {
  try {
    await stored;
  } catch (cause) {
    throw new RedeliverLater(REDELIVER_MS, { cause });
  }
}
