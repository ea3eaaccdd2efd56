import { RedeliverLater, type BusBatch, type BusMessage } from './bus.js';
import { Lane, type LaneOptions } from './lane.js';

function messages(first: number, last: number): BusMessage[] {
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    topic: 't',
    partition: 0,
    offset: String(first + index),
    key: null,
    value: Buffer.alloc(0),
    headers: {},
  }));
}

class Handler {
  readonly batches: BusBatch[] = [];
  readonly poisoned: string[] = [];
  readonly pressure: boolean[] = [];
  progress = 0;
  answer: (batch: BusBatch) => Promise<void> = () => Promise.resolve();

  lane(options: Partial<LaneOptions> = {}): Lane {
    return new Lane({
      topic: 't',
      partition: 0,
      maxBatch: 10,
      highWaterMark: 100,
      maxFailures: 3,
      onBatch: (batch) => {
        this.batches.push(batch);
        return this.answer(batch);
      },
      onPoison: (message) => {
        this.poisoned.push(message.offset);
        return Promise.resolve();
      },
      onProgress: () => this.progress++,
      onPressure: (isFull) => this.pressure.push(isFull),
      ...options,
    });
  }

  get offsets(): string[][] {
    return this.batches.map((batch) => batch.messages.map((message) => message.offset));
  }

  settle(...offsets: number[]): void {
    for (const batch of this.batches) {
      for (const message of batch.messages) {
        if (offsets.includes(Number(message.offset))) batch.resolve(message);
      }
    }
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !condition(); turn++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(condition()).toBe(true);
}

describe('a lane', () => {
  let handler: Handler;

  beforeEach(() => {
    handler = new Handler();
  });

  it('moves its position over many that are settled one by one, in any order', async () => {
    const lane = handler.lane({ maxBatch: 1_000, highWaterMark: 2_000 });
    lane.accept(messages(0, 599));
    await until(() => handler.batches.length === 1);
    const [batch] = handler.batches;
    const positions = Array.from({ length: 600 }, (_, index) => index);
    for (const index of positions.slice(0, 400)) {
      for (const message of batch?.messages.slice(index, index + 1) ?? []) batch?.resolve(message);
      expect(lane.position).toBe(String(index + 1));
    }
    expect(lane.unsettled).toBe(200);
    for (const message of batch?.messages.slice(401) ?? []) batch?.resolve(message);
    expect([lane.position, lane.unsettled]).toEqual(['400', 1]);
    handler.settle(400);
    expect([lane.position, lane.unsettled, lane.waitingSince]).toEqual(['600', 0, null]);
  });

  it('moves its position over what is settled without a gap, and never past one (L2)', async () => {
    const lane = handler.lane();
    lane.accept(messages(5, 9));
    await until(() => handler.batches.length === 1);
    expect(lane.position).toBeNull();
    handler.settle(6, 7);
    expect(lane.position).toBeNull();
    handler.settle(5);
    expect(lane.position).toBe('8');
    handler.settle(9, 8);
    expect(lane.position).toBe('10');
    expect(lane.unsettled).toBe(0);
  });

  it('counts gaps in the offsets as nothing: logs have them', () => {
    const lane = handler.lane();
    lane.accept([...messages(1, 2), ...messages(7, 7)]);
    return until(() => handler.batches.length === 1).then(() => {
      handler.settle(1, 2);
      expect(lane.position).toBe('3');
      handler.settle(7);
      expect(lane.position).toBe('8');
    });
  });

  it('leaves out what it already has, as after a rebalance that leaves it the partition', async () => {
    const lane = handler.lane();
    lane.accept(messages(0, 3));
    lane.accept(messages(2, 5));
    await until(() => handler.offsets.flat().length === 6);
    expect(handler.offsets.flat()).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  it('tries the messages of a failed batch one by one, and blames only the guilty (L3)', async () => {
    handler.answer = (batch) => {
      if (batch.messages.some((message) => message.offset === '2')) {
        return Promise.reject(new Error('bad'));
      }
      for (const message of batch.messages) batch.resolve(message);
      return Promise.resolve();
    };
    const lane = handler.lane();
    lane.accept(messages(0, 4));
    await until(() => lane.unsettled === 0);
    expect(handler.poisoned).toEqual(['2']);
    expect(handler.offsets.filter((batch) => batch.includes('2'))).toHaveLength(1 + 3);
    expect(handler.offsets.filter((batch) => batch.includes('3'))).toHaveLength(2);
    expect(lane.position).toBe('5');
  });

  it('rests as long as it is told when the handler cannot work, then brings all in a batch', async () => {
    const times: number[] = [];
    handler.answer = (batch) => {
      times.push(performance.now());
      if (times.length === 1) return Promise.reject(new RedeliverLater(60));
      for (const message of batch.messages) batch.resolve(message);
      return Promise.resolve();
    };
    const lane = handler.lane({ maxFailures: 1 });
    lane.accept(messages(0, 4));
    lane.accept(messages(5, 6));
    await until(() => lane.unsettled === 0);
    expect(handler.offsets.slice(1)).toEqual([
      ['0', '1', '2', '3', '4'],
      ['5', '6'],
    ]);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(59);
    expect(handler.poisoned).toEqual([]);
  });

  it('ignores the rejection of a delivery that another one has followed', async () => {
    const lane = handler.lane({ maxFailures: 2 });
    handler.answer = () => Promise.reject(new Error('once'));
    const [message] = messages(0, 0);
    if (!message) throw new Error('no message');
    lane.accept([message]);
    await until(() => handler.batches.length === 1);
    handler.answer = () => Promise.resolve();
    await until(() => handler.batches.length === 2);
    handler.batches[0]?.reject(message, new Error('late'));
    expect(handler.poisoned).toEqual([]);
    handler.batches[0]?.resolve(message); // A late success is one.
    expect(lane.position).toBe('1');
  });

  it('tells when it is full and when it has room again', async () => {
    const lane = handler.lane({ highWaterMark: 8 });
    lane.accept(messages(0, 8));
    expect(handler.pressure).toEqual([true]);
    await until(() => handler.batches.length === 1);
    handler.settle(0, 1, 2, 3);
    expect(handler.pressure).toEqual([true]);
    handler.settle(4, 5);
    expect(handler.pressure).toEqual([true, false]);
  });

  it('is full, too, when much is settled behind a message that is not', async () => {
    const lane = handler.lane({ highWaterMark: 8, maxBatch: 1_000 });
    for (let first = 0; first < 79; first += 7) {
      lane.accept(messages(first, first + 6));
      await until(() => handler.offsets.flat().length >= first + 7);
      handler.settle(...Array.from({ length: 7 }, (_, index) => Math.max(1, first + index)));
    }
    expect(lane.unsettled).toBe(1);
    expect(handler.pressure.at(-1)).toBe(true);
    handler.settle(0);
    expect(handler.pressure.at(-1)).toBe(false);
  });

  it('says nothing more once retired, and lets the handler know', async () => {
    const lane = handler.lane({ highWaterMark: 2 });
    lane.accept(messages(0, 3));
    await until(() => handler.batches.length === 1);
    expect(handler.batches[0]?.isStale()).toBe(false);
    lane.retire();
    expect(handler.batches[0]?.isStale()).toBe(true);
    expect(handler.pressure).toEqual([true, false]);
    handler.settle(0, 1, 2, 3);
    expect(lane.position).toBeNull();
    expect(handler.progress).toBe(0);
  });

  it('drains: waits for what is under way, and forgets what has not begun', async () => {
    const lane = handler.lane({ maxBatch: 2 });
    let finish: () => void = () => undefined;
    handler.answer = () => new Promise((resolve) => (finish = resolve));
    lane.accept(messages(0, 5));
    await until(() => handler.batches.length === 1);
    let isDrained = false;
    const draining = lane.drain().then(() => (isDrained = true));
    handler.settle(0);
    finish();
    await new Promise((resolve) => setImmediate(resolve));
    expect(isDrained).toBe(false);
    handler.settle(1);
    await draining;
    expect(handler.offsets).toEqual([['0', '1']]);
    expect(lane.position).toBe('2');
  });
});
