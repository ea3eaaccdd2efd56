import { DIRECTIONS, isAnswer, type HistoryEntry } from '@skald/core';
import { z } from 'zod';
import { StatusSchema, Time } from './view.schema.js';

/** One row of the history: one transition, with its event complete. */
export const HistoryItem = z
  .strictObject({
    seq: z.int(),
    version: z.int(),
    at: Time,
    type: z.string(),
    step: z.string().nullable(),
    direction: z.enum(DIRECTIONS).nullable(),
    attempt: z.int().nullable(),
    status: StatusSchema.describe('After it.'),
    by: z.string().nullable().describe('Who asked for it, for orders.'),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'HistoryItem' });

export type HistoryItem = z.output<typeof HistoryItem>;

/** A stored history row as the API shows it: a reply's fields lie directly in `data`. */
export function historyItemOf(entry: HistoryEntry): HistoryItem {
  const { seq, version, type, step, direction, attempt, status, by } = entry;
  const { reply, ...others } = JSON.parse(entry.data) as Record<string, unknown>;
  const isReply = isAnswer(type) && typeof reply === 'object' && reply !== null;
  const data = isReply ? { ...reply, ...others } : withReply(others, reply);
  const at = new Date(entry.at).toISOString();
  return { seq, version, at, type, step, direction, attempt, status, by, data };
}

function withReply(others: Record<string, unknown>, reply: unknown): Record<string, unknown> {
  return reply === undefined ? others : { ...others, reply };
}
