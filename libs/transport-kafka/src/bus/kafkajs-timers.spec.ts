import { createRequire } from 'node:module';
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

describe("kafkajs's request queue with our timers", () => {
  let queue: Queue;

  beforeEach(() => {
    quietKafkajsTimers();
    queue = new QueueClass({ logger: { debug: () => undefined } });
  });

  it('sets no timer, least of all a negative one, while nothing waits', () => {
    queue.scheduleCheckPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  it.each([-1, Date.now() + 50])('looks again soon while a request waits (%d)', async (until) => {
    queue.throttledUntil = until;
    queue.pending.push({});
    await new Promise<void>((resolve) => {
      queue.checkPendingRequests = resolve;
      queue.scheduleCheckPendingRequests();
    });
    expect(queue.throttleCheckTimeoutId).toBeNull();
    expect(Date.now()).toBeGreaterThanOrEqual(until);
  });
});
