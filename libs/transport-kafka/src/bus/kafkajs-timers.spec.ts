import { createRequire } from 'node:module';
import { jest } from '@jest/globals';
import { quietKafkajsTimers } from './kafkajs-timers.js';

type Queue = Record<'pending' | 'sent', unknown[]> & {
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  scheduleCheckPendingRequests: () => void;
  checkPendingRequests: () => void;
};

const QueueClass = createRequire(import.meta.url)(
  'kafkajs/src/network/requestQueue/index.js',
) as new (options: object) => Queue;

const NOW = 1_795_376_295_407;

describe("kafkajs's request queue with our timers", () => {
  let queue: Queue;

  beforeAll(() => {
    quietKafkajsTimers();
    jest.useFakeTimers({ now: NOW });
  });

  afterAll(() => {
    jest.useRealTimers();
  });

  beforeEach(() => {
    jest.setSystemTime(NOW);
    queue = new QueueClass({ logger: { debug: () => undefined } });
  });

  it('sets no timer, least of all a negative one, while nothing waits', () => {
    queue.scheduleCheckPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  it.each([
    ['after a moment', -1, 10],
    ['when the throttling ends', NOW + 50, 50],
  ])('looks again %s while a request waits', (_, throttledUntil, afterMs) => {
    let looks = 0;
    queue.checkPendingRequests = () => {
      looks += 1;
    };
    queue.throttledUntil = throttledUntil;
    queue.pending.push({});
    queue.scheduleCheckPendingRequests();
    jest.advanceTimersByTime(afterMs - 1);
    expect(looks).toBe(0);
    jest.advanceTimersByTime(1);
    expect(looks).toBe(1);
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });
});
