import { randomUUID } from 'node:crypto';
import { encodeReply, type CommandEvent, type Reply } from '@skald/core';
import type { BusMessage } from './bus/bus.js';
import { makeCommand } from './command.fixture.js';
import { readRecord } from './kafka-replies.js';

const BATCH = { 'content-type': 'application/cloudevents-batch+json' };

function commandEvent(): CommandEvent {
  const { transaction, step, direction, attempt, startedAt, deadline } = makeCommand();
  const place = { transaction, step, direction, attempt, startedAt, deadline };
  const rest = { operation: 'reserve', isRefusable: true, traceparent: null, data: {} };
  return { ...place, ...rest, id: randomUUID() };
}

function textOf(reply: unknown, participant = 'inventory'): string {
  return encodeReply(commandEvent(), participant, { reply: reply as Reply, at: 1_000 });
}

function batch(value: string): BusMessage {
  const place = { topic: 'skald.inventory.replies', partition: 2, offset: '17', key: null };
  return { ...place, value: Buffer.from(value), headers: BATCH };
}

describe('a batch of replies', () => {
  it('is one arrival for each entry, in order', () => {
    const texts = [textOf({ outcome: 'barred' }), textOf({ outcome: 'rejected', reason: 'no' })];
    const arrivals = readRecord(batch(`[${texts.join()}]`), 'inventory');
    expect(arrivals).toMatchObject([
      { kind: 'reply', reply: { participant: 'inventory', reply: { outcome: 'barred' } } },
      { kind: 'reply', reply: { reply: { outcome: 'rejected', reason: 'no' } } },
    ]);
  });

  it('costs only those entries that cannot be believed: each is a dead letter of its own', () => {
    const good = textOf({ outcome: 'barred' });
    const forged = textOf({ outcome: 'barred' }, 'payment');
    const odd = textOf({ outcome: 'perhaps' });
    const arrivals = readRecord(batch(`[${forged},${good},null,${odd}]`), 'inventory');
    expect(arrivals.map(({ kind }) => kind)).toEqual(['letter', 'reply', 'letter', 'letter']);
    const letters = arrivals.flatMap((arrived) =>
      arrived.kind === 'letter' ? arrived.letter : [],
    );
    expect(letters.map(({ source, payload }) => [source, payload.toString()])).toEqual([
      ['kafka:skald.inventory.replies/2@17#1', forged],
      ['kafka:skald.inventory.replies/2@17#3', 'null'],
      ['kafka:skald.inventory.replies/2@17#4', odd],
    ]);
    expect(letters[2]?.reason).toBe('data: expected an outcome');
  });

  it.each(['', 'no JSON', '{}', '[]', '"[]"', `[${'1,'.repeat(100)}1]`])(
    'that is none is one dead letter, as it came: %p',
    (value) => {
      expect(readRecord(batch(value), 'inventory')).toMatchObject([
        {
          kind: 'letter',
          letter: { source: 'kafka:skald.inventory.replies/2@17', payload: Buffer.from(value) },
        },
      ]);
    },
  );
});
