import type { HistoryEntry } from '@skald/core';
import type { Snapshot } from '@skald/engine';
import { z } from 'zod';
import { StatusSchema } from './view.schema.js';

/** A transaction as a fixture: what it began with, every row of its history, and where that led. */
export const ExportFile = z
  .strictObject({
    format: z.literal('skald.export.v1'),
    definition: z.strictObject({ name: z.string(), version: z.int(), hash: z.string() }),
    transaction: z.strictObject({
      id: z.uuid(),
      startedAt: z.int().describe('Ms since the epoch, as all times here.'),
      deadline: z.int(),
      labels: z.record(z.string(), z.string()),
    }),
    input: z.unknown(),
    history: z
      .array(z.record(z.string(), z.unknown()))
      .describe('Rows as stored: `replay` of @skald/core takes them.'),
    ends: z.strictObject({
      status: StatusSchema,
      version: z.int(),
      seq: z.int(),
      state: z.unknown(),
    }),
  })
  .meta({ id: 'Export' });

export type ExportFile = z.output<typeof ExportFile>;

/** The fixture of a transaction with its complete history. */
export function exportOf(snapshot: Snapshot, history: readonly HistoryEntry[]): ExportFile {
  const { transaction, started } = snapshot;
  const { id, definition, startedAt, deadline, status, version, seq, state } = transaction;
  return {
    format: 'skald.export.v1',
    definition: { ...definition },
    transaction: { id, startedAt, deadline, labels: { ...started.labels } },
    input: transaction.payloads.input,
    history: history.map((entry) => ({ ...entry })),
    ends: { status, version, seq, state },
  };
}
