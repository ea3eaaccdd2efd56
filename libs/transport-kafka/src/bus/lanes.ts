import type { AssignedTopic, BusMessage, SubscribeOptions } from './bus.js';
import { Lane } from './lane.js';
import { within } from './within.js';

const MAX_BATCH = 200;
const HIGH_WATER_MARK = 1_000;
const MAX_FAILURES = 5;

/** A partition and the offset to read next in it. */
export interface NextOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly lane: Lane;
}

export interface LanesHooks {
  /** Some partition's position has moved. */
  readonly onProgress: () => void;
  /** A partition has as much as it can take, or no longer so. */
  readonly onPressure: (place: { topic: string; partition: number }, isFull: boolean) => void;
}

/** The lanes of one subscription: one for each partition that it has now. */
export class Lanes {
  private readonly places = new Map<string, Place>();
  private isClosing = false;

  constructor(
    private readonly options: SubscribeOptions,
    private readonly hooks: LanesHooks,
  ) {}

  get unsettled(): number {
    let sum = 0;
    for (const { lane } of this.places.values()) sum += lane.unsettled;
    return sum;
  }

  /** Ends the lanes of partitions that are not ours any more; the others go on undisturbed. */
  keep(assigned: readonly AssignedTopic[]): void {
    const ours = new Set<string>();
    for (const { topic, partitions } of assigned) {
      for (const partition of partitions) ours.add(keyOf(topic, partition));
    }
    for (const [key, { lane }] of this.places) {
      if (ours.has(key)) continue;
      this.places.delete(key);
      lane.retire();
    }
  }

  /** Messages of one partition, in the order of their offsets. */
  accept(topic: string, partition: number, messages: readonly BusMessage[]): void {
    if (this.isClosing) return;
    const key = keyOf(topic, partition);
    let place = this.places.get(key);
    if (!place) {
      place = { topic, partition, lane: this.newLane(topic, partition) };
      this.places.set(key, place);
    }
    place.lane.accept(messages);
  }

  /** The partition is read from another offset now: what the lane knows of offsets is void. */
  reset(topic: string, partition: number): void {
    const key = keyOf(topic, partition);
    const place = this.places.get(key);
    this.places.delete(key);
    place?.lane.retire();
  }

  /** Positions that are not stored yet, each with a function that notes that they are. */
  moved(): (NextOffset & { stored: () => void })[] {
    return [...this.places.values()].flatMap(({ topic, partition, lane }) => {
      const offset = lane.position;
      if (offset === null || offset === lane.storedPosition) return [];
      return [{ topic, partition, offset, stored: () => (lane.storedPosition = offset) }];
    });
  }

  /** Partitions where the oldest unsettled message waits for longer than `ms`. */
  stalled(ms: number): { topic: string; partition: number; waitedMs: number }[] {
    const now = Date.now();
    return [...this.places.values()]
      .map(({ topic, partition, lane }) => ({
        topic,
        partition,
        waitedMs: now - (lane.waitingSince ?? now),
      }))
      .filter(({ waitedMs }) => waitedMs > ms);
  }

  /** Takes and delivers nothing more, and waits at most `ms` for what is under way. */
  async drain(ms: number): Promise<void> {
    this.isClosing = true;
    await within(ms, Promise.all([...this.places.values()].map(({ lane }) => lane.drain())));
  }

  private newLane(topic: string, partition: number): Lane {
    const { onBatch, onPoison } = this.options;
    return new Lane({
      topic,
      partition,
      onBatch,
      onPoison,
      maxBatch: this.options.maxBatch ?? MAX_BATCH,
      highWaterMark: this.options.highWaterMark ?? HIGH_WATER_MARK,
      maxFailures: this.options.maxFailures ?? MAX_FAILURES,
      onProgress: this.hooks.onProgress,
      onPressure: (isFull) => {
        this.hooks.onPressure({ topic, partition }, isFull);
      },
    });
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
