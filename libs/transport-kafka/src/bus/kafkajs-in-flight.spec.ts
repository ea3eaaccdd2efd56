import { createRequire } from 'node:module';
import { TransientMap } from '@skald/core';
import { releaseKafkajsRequests } from './kafkajs-in-flight.js';

interface Request {
  readonly correlationId: number;
  readonly rejected: (error: Error) => void;
}

interface Queue {
  readonly inflight: TransientMap<number, Request>;
  readonly rejectAll: (error: Error) => void;
}

const QueueClass = createRequire(import.meta.url)(
  'kafkajs/src/network/requestQueue/index.js',
) as new (options: object) => Queue;

it("holds a queue's requests in a map of ours, from which kafkajs takes them", () => {
  releaseKafkajsRequests();
  releaseKafkajsRequests();
  const [queue, other] = [new QueueClass({}), new QueueClass({})];
  expect(queue.inflight).toBeInstanceOf(TransientMap);
  const rejected: [number, string][] = [];
  for (const correlationId of [1, 2]) {
    queue.inflight.set(correlationId, {
      correlationId,
      rejected: ({ message }) => void rejected.push([correlationId, message]),
    });
  }
  expect([queue.inflight.size, other.inflight.size]).toEqual([2, 0]);
  queue.rejectAll(new Error('closed'));
  expect(rejected).toEqual([
    [1, 'closed'],
    [2, 'closed'],
  ]);
  expect(queue.inflight.size).toBe(0);
});
