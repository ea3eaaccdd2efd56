import type { OutgoingCommand } from '@skald/core';
import { Gate } from './gate.js';

const operation = { participant: 'stock', operation: 'reserve' } as OutgoingCommand['operation'];

function command(number: number, attempt = 1): OutgoingCommand {
  return {
    transaction: `t-${number}`,
    step: 'reserve',
    direction: 'action',
    attempt,
    participant: 'stock',
    operation,
    body: '{}',
    isRefusable: true,
    timeoutMs: 1_000,
    maxAttempts: 3,
    startedAt: 0,
    deadline: 0,
  } as OutgoingCommand;
}

function gate(maxInFlight: number) {
  const sent: string[] = [];
  const emit = (out: OutgoingCommand) => void sent.push(out.transaction);
  const circuit = { threshold: 2, pauseMs: 100, maxPauseMs: 100 };
  const options = { participant: 'stock', transport: 'http', maxInFlight, circuit, emit };
  return { sent, gate: new Gate(options) };
}

test('no more than the limit is unanswered at once; the rest leaves in order as answers come', () => {
  const { gate: stock, sent } = gate(2);
  for (const number of [1, 2, 3, 4]) stock.submit(command(number), 0);
  expect(sent).toEqual(['t-1', 't-2']);
  expect(stock.look(command(3))).toBe('held');
  stock.settle(command(2), 'succeeded', 1);
  expect(sent).toEqual(['t-1', 't-2', 't-3']);
});

test('a newer attempt takes the place of the older one that is held', () => {
  const { gate: stock, sent } = gate(1);
  stock.submit(command(1), 0);
  stock.submit(command(2, 1), 0);
  stock.submit(command(2, 2), 0);
  expect(stock.heldCount).toBe(1);
  stock.settle(command(1), 'succeeded', 1);
  expect(sent).toEqual(['t-1', 't-2']);
  expect(stock.look(command(2, 2))).toBe(1);
  expect(stock.look(command(2, 1))).toBeUndefined();
});

test('E7: no failure counts once the circuit is open, and only a probe leaves', () => {
  const { gate: stock, sent } = gate(10);
  for (const number of [1, 2, 3]) stock.submit(command(number), 0);
  expect(stock.settle(command(1), 'timeout', 10)).toBe(true);
  expect(stock.settle(command(2), 'timeout', 10)).toBe(true);
  expect(stock.isOpen).toBe(true);
  expect(stock.settle(command(3), 'timeout', 10)).toBe(false);
  for (const number of [4, 5]) stock.submit(command(number), 20);
  expect(sent).toHaveLength(3);
  stock.drain(110);
  expect(sent.slice(3)).toEqual(['t-4']);
});

test('a participant that comes back is not flooded with all that waited', () => {
  const { gate: stock, sent } = gate(100);
  for (const number of [1, 2]) stock.submit(command(number), 0);
  for (const number of [1, 2]) stock.settle(command(number), 'undelivered', 1);
  for (let number = 10; number < 110; number++) stock.submit(command(number), 2);
  expect(sent).toHaveLength(2);
  stock.drain(101);
  expect(sent).toHaveLength(3);
  stock.settle(command(10), 'succeeded', 102);
  const afterTheFirstAnswer = sent.length;
  expect(afterTheFirstAnswer).toBeGreaterThan(3);
  expect(afterTheFirstAnswer).toBeLessThanOrEqual(3 + 8);
  for (let number = 11; number < 19; number++) stock.settle(command(number), 'succeeded', 103);
  expect(sent.length).toBeGreaterThan(afterTheFirstAnswer + 8);
});

test('a snapshot tells operators what waits and how fast answers come', () => {
  const { gate: stock } = gate(1);
  stock.submit(command(1), 0);
  stock.submit(command(2), 0);
  stock.settle(command(1), 'rejected', 40);
  const snapshot = stock.snapshot(50, (ticks) => ticks + 1_000);
  expect(snapshot).toMatchObject({ circuit: 'closed', inFlight: 1, held: 0, lastReplyAt: 1_040 });
  expect(snapshot.operations).toEqual([
    expect.objectContaining({ operation: 'reserve', rejected: 1, succeeded: 0, p50Ms: 40 }),
  ]);
});
