import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type {
  Bus,
  BusBatch,
  BusMessage,
  SubscribeOptions,
  Subscription,
} from '@skald/transport-kafka';

/** What `busConformance` needs of an implementation. */
export interface BusHarness {
  /** Another client of the same log, as another process would be. The suite closes it. */
  makeBus(): Bus;
  tearDown(): Promise<void>;
}

const WAIT_MS = 20_000;
const POLL_MS = 10;

/** Those that `until` tells about when it waited in vain. */
const probes = new Set<BusProbe>();

/** Waits until the condition holds; fails with what was waited for, and how all consumers were. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  while (!condition()) {
    if (Date.now() > deadline) {
      const report = [...probes].map((probe) => probe.report()).join('\n');
      throw new Error(`waited ${WAIT_MS} ms in vain until ${what}\n${report}`);
    }
    await pause(POLL_MS);
  }
}

/** A topic of its own for one test, and groups and clients that go with the test. */
export class BusWorld {
  readonly topic = `conformance.${randomUUID()}`;
  private readonly buses: Bus[] = [];

  constructor(
    private readonly harness: BusHarness,
    readonly partitions = 3,
  ) {}

  async setUp(): Promise<void> {
    const bus = this.bus();
    await bus.ensureTopics([{ name: this.topic, partitions: this.partitions }]);
  }

  bus(): Bus {
    const bus = this.harness.makeBus();
    this.buses.push(bus);
    return bus;
  }

  async tearDown(): Promise<void> {
    await Promise.all(this.buses.map((bus) => bus.close({ drainTimeoutMs: 0 })));
    probes.clear();
  }

  /** Sends `count` messages with the values `first`, `first + 1`, …; partition = value modulo 3. */
  async send(count: number, first = 0): Promise<string[]> {
    const values = Array.from({ length: count }, (_, index) => first + index);
    const [bus = this.bus()] = this.buses;
    const messages = values.map((value) => ({
      topic: this.topic,
      partition: value % this.partitions,
      key: `key-${value}`,
      value: String(value),
      headers: { number: String(value) },
    }));
    await bus.send(messages);
    return values.map(String);
  }

  consumer(group: string, options: Partial<SubscribeOptions> = {}): BusProbe {
    return new BusProbe(this.bus(), { group, topics: [this.topic], ...options });
  }
}

/** What is new for each test. */
export interface BusContext {
  world: () => BusWorld;
  group: () => string;
}

/** A member of a group that settles what it gets, unless told otherwise, and remembers it all. */
export class BusProbe {
  /** Values in the order of their deliveries, repeats included. */
  readonly delivered: string[] = [];
  readonly settled = new Set<string>();
  readonly poisoned: string[] = [];
  readonly messages: BusMessage[] = [];
  readonly batches: BusBatch[] = [];
  readonly subscription: Subscription;
  private readonly open = new Map<string, () => void>();

  constructor(
    readonly bus: Bus,
    options: Partial<SubscribeOptions> & Pick<SubscribeOptions, 'group' | 'topics'>,
    private readonly isHolding = false,
  ) {
    this.subscription = bus.subscribe({
      onBatch: (batch) => {
        this.take(batch);
        return Promise.resolve();
      },
      onPoison: (message) => {
        this.poisoned.push(message.value.toString());
        return Promise.resolve();
      },
      ...options,
    });
    probes.add(this);
  }

  /** Its health and the values it has settled, and was given, in one line. */
  report(): string {
    const health = JSON.stringify(this.subscription.health());
    return `${health} delivered ${this.delivered.join()} settled ${[...this.settled].join()}`;
  }

  /** Notes a batch and settles it at once; for handlers that do more. */
  take(batch: BusBatch, settles: (value: string) => boolean = () => true): void {
    this.batches.push(batch);
    for (const message of batch.messages) {
      const value = message.value.toString();
      this.delivered.push(value);
      this.messages.push(message);
      const settle = () => {
        batch.resolve(message);
        this.settled.add(value);
      };
      if (!this.isHolding && settles(value)) settle();
      else this.open.set(value, settle);
    }
  }

  /** Settles a message that was held back. */
  settle(value: string): void {
    this.open.get(value)?.();
    this.open.delete(value);
  }

  has(values: readonly string[]): boolean {
    return values.every((value) => this.settled.has(value));
  }
}
