import { setTimeout as pause } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import type { AssignedTopic, BusLog, CloseOptions } from './bus.js';
import type { ConsumerHealth, SubscribeOptions, Subscription } from './bus.js';
import { isOrdinary, type LogHints } from './kafkajs-log.js';
import { Member } from './kafkajs-member.js';
import { Lanes } from './lanes.js';
import { within } from './within.js';

const COMMIT_INTERVAL_MS = 200;
const FIRST_RESTART_MS = 250;
const MAX_RESTART_MS = 2_000;
/** A membership that lasted so long was a good one: the next restart waits little again. */
const GOOD_MEMBERSHIP_MS = 30_000;
const STALLED_AFTER_MS = 30_000;
const DRAIN_TIMEOUT_MS = 10_000;
const LAST_COMMIT_TIMEOUT_MS = 3_000;

export interface SubscriptionContext {
  /** A client of its own for each membership: kafkajs shares offsets between those of one client. */
  readonly newKafka: (hints: LogHints) => Kafka;
  readonly log: BusLog;
}

/** Keeps one member in the group and hands on what it reads, for as long as it is not closed. */
export class KafkajsSubscription implements Subscription {
  readonly joined: Promise<void>;
  private readonly lanes: Lanes;
  private readonly running: Promise<void>;
  private readonly closing = new AbortController();
  private member: Member | undefined;
  private state: ConsumerHealth['state'] = 'starting';
  private assignment: readonly AssignedTopic[] = [];
  private lastHeartbeatAt: number | null = null;
  private lastFetchAt: number | null = null;
  private restarts = 0;
  private offsetResets = 0;
  private trouble = 'has not joined its group yet';
  private commitTimer: NodeJS.Timeout | undefined;
  private commitUnderWay: Promise<void> | undefined;
  private closed: Promise<void> | undefined;
  private tellJoined: () => void = () => undefined;
  private tellNeverJoined: (error: Error) => void = () => undefined;

  constructor(
    private readonly options: SubscribeOptions,
    private readonly context: SubscriptionContext,
  ) {
    this.joined = new Promise<void>((resolve, reject) => {
      this.tellJoined = resolve;
      this.tellNeverJoined = reject;
    });
    this.joined.catch(() => undefined); // Not everybody waits for it.
    this.lanes = new Lanes(options, {
      onProgress: () => {
        this.commitSoon();
      },
      onPressure: (place, isFull) => this.member?.setPaused(place, isFull),
    });
    this.running = this.supervise();
  }

  assigned(): readonly AssignedTopic[] {
    return this.assignment;
  }

  health(): ConsumerHealth {
    return {
      group: this.options.group,
      state: this.state,
      lastHeartbeatAt: this.lastHeartbeatAt,
      lastFetchAt: this.lastFetchAt,
      assigned: this.assignment,
      unsettled: this.lanes.unsettled,
      restarts: this.restarts,
      offsetResets: this.offsetResets,
      reasons: this.reasons(),
    };
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.closed ??= this.shutDown(options.drainTimeoutMs ?? DRAIN_TIMEOUT_MS);
    return this.closed;
  }

  private reasons(): string[] {
    const who = `consumer of ${this.options.group}`;
    const stalled = this.lanes.stalled(STALLED_AFTER_MS).map(({ topic, partition, waitedMs }) => {
      const seconds = Math.round(waitedMs / 1_000);
      return `${who}: a message of ${topic}/${partition} is unsettled for ${seconds} s`;
    });
    return this.state === 'running' ? stalled : [`${who}: ${this.trouble}`, ...stalled];
  }

  private async supervise(): Promise<void> {
    let failures = 0;
    while (!this.isClosing()) {
      const since = Date.now();
      const reason = await this.belong();
      if (this.isClosing()) return;
      failures = Date.now() - since > GOOD_MEMBERSHIP_MS ? 1 : failures + 1;
      const waitMs = Math.min(FIRST_RESTART_MS * 2 ** (failures - 1), MAX_RESTART_MS);
      this.restarts++;
      const fields = { group: this.options.group, reason, waitMs };
      this.context.log(isOrdinary(reason) ? 'debug' : 'warn', 'consumer restarts', fields);
      await pause(waitMs, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  /** One membership, from its beginning to its end; returns why it ended. */
  private async belong(): Promise<string> {
    const member = this.newMember();
    this.member = member;
    const reason = await member.ended;
    if (this.isClosing()) return reason;
    this.state = 'restarting';
    this.trouble = reason;
    this.assign([]);
    await member.leave();
    return reason;
  }

  private isClosing(): boolean {
    return this.closing.signal.aborted;
  }

  private newMember(): Member {
    const { group, topics } = this.options;
    const onOffsetReset = (topic: string, partition: number) => {
      this.offsetResets++;
      this.lanes.reset(topic, partition);
      const text = 'stored offset is out of range: reading from the earliest, messages may be lost';
      this.context.log('error', text, { group, topic, partition });
    };
    return new Member({
      kafka: this.context.newKafka({ onOffsetReset }),
      group,
      topics,
      onJoined: (assigned) => {
        this.state = 'running';
        this.assign(assigned);
        this.tellJoined();
      },
      onMessages: (topic, partition, messages) => {
        this.lanes.accept(topic, partition, messages);
      },
      onRebalancing: () => void this.commitNow(),
      onSign: (sign) => {
        if (sign === 'heartbeat') this.lastHeartbeatAt = Date.now();
        else this.lastFetchAt = Date.now();
      },
    });
  }

  private assign(assigned: readonly AssignedTopic[]): void {
    this.lanes.keep(assigned);
    this.assignment = assigned;
    this.options.onAssigned?.(assigned);
  }

  private commitSoon(): void {
    this.commitTimer ??= setTimeout(() => {
      this.commitTimer = undefined;
      void this.commitNow();
    }, COMMIT_INTERVAL_MS);
  }

  private commitNow(): Promise<void> {
    this.commitUnderWay ??= this.commit().finally(() => {
      this.commitUnderWay = undefined;
    });
    return this.commitUnderWay;
  }

  private async commit(): Promise<void> {
    const moved = this.lanes.moved();
    if (moved.length === 0 || !this.member) return;
    try {
      await this.member.commit(moved);
      for (const { stored } of moved) stored();
    } catch (error) {
      // Costs duplicates at worst: whoever has the partitions next begins a little earlier.
      const fields = { group: this.options.group, reason: String(error) };
      this.context.log('debug', 'offsets could not be stored', fields);
      if (!this.closed) this.commitSoon();
    }
  }

  private async shutDown(drainTimeoutMs: number): Promise<void> {
    this.closing.abort();
    this.member?.pauseAll();
    await this.lanes.drain(drainTimeoutMs);
    await within(LAST_COMMIT_TIMEOUT_MS, this.lastCommit());
    this.lanes.keep([]);
    await this.member?.leave();
    await this.running;
    this.state = 'closed';
    this.trouble = 'is closed';
    this.assignment = [];
    this.tellNeverJoined(new Error('the subscription was closed before it joined'));
  }

  private async lastCommit(): Promise<void> {
    await this.commitUnderWay;
    clearTimeout(this.commitTimer);
    await this.commitNow();
  }
}
