import { asTransactionId } from '@skald/core';
import {
  BATCH_ACTIONS,
  BATCH_STATES,
  type Batch,
  type BatchResult,
  type BatchScope,
} from '@skald/engine';
import { z } from 'zod';
import { FilterBody, filterOf } from '../transactions/list-query.js';
import { PreviewView, Reason } from '../transactions/order-request.js';
import { StatusSchema, Time } from '../transactions/view.schema.js';

const MAX_IDS = 1_000;

/** One order for many transactions: those named, or the unfinished ones under a filter. */
export const BatchRequest = z
  .strictObject({
    action: z.enum(BATCH_ACTIONS),
    reason: Reason,
    ids: z.array(z.uuid()).min(1).max(MAX_IDS).optional().describe('Of transactions.'),
    filter: FilterBody.optional().describe('Those under it that have not ended.'),
  })
  .refine(({ ids, filter }) => (ids === undefined) !== (filter === undefined), {
    message: 'expected either ids or a filter',
    path: ['filter'],
  })
  .meta({ id: 'BatchRequest' });

export type BatchRequest = z.output<typeof BatchRequest>;

/** The transactions that a checked request is for. */
export function scopeOf({ ids, filter }: BatchRequest): BatchScope {
  if (filter) return { filter: filterOf(filter) };
  return { ids: (ids ?? []).map((id) => asTransactionId(id)).filter((id) => id !== undefined) };
}

const Refusal = z.strictObject({ id: z.uuid(), refusal: z.string() });

/** A batch and how far it got. */
export const BatchView = z
  .strictObject({
    id: z.uuid(),
    action: z.enum(BATCH_ACTIONS),
    reason: z.string(),
    by: z.string(),
    status: z
      .enum(BATCH_STATES)
      .describe('`cancelled`: what was not carried out by then never will be.'),
    total: z.int().describe('Transactions it is for.'),
    done: z.int().describe('Where the order was carried out.'),
    refused: z.int().describe('Where the state at that time did not allow it.'),
    scope: z.unknown().describe('`ids` or `filter`, as asked for.'),
    createdAt: Time,
    updatedAt: Time,
    endedAt: Time.nullable(),
  })
  .meta({ id: 'Batch' });

/** With some of those that were refused. */
export const BatchDetails = z
  .strictObject({ ...BatchView.shape, refusals: z.array(Refusal).describe('At most 50.') })
  .meta({ id: 'BatchDetails' });

/** What a batch would do. */
export const BatchPreview = z
  .strictObject({
    action: z.enum(BATCH_ACTIONS),
    matched: z.int().describe('Transactions it would be for.'),
    matchedEstimated: z.boolean().describe('There are more: too many for one batch.'),
    checked: z.int().describe('How many of them were looked at.'),
    allowed: z.int().describe('Of those: where the order would be carried out now.'),
    refused: z.array(Refusal).describe('Of those: where it would not; at most 50.'),
    sample: z
      .array(z.strictObject({ id: z.uuid(), ...PreviewView.shape }))
      .describe('What would follow for some of those where it is allowed.'),
    statuses: z.record(StatusSchema, z.int()).describe('Of those that were looked at, afterwards.'),
  })
  .meta({ id: 'BatchPreview' });

export function batchViewOf(batch: Batch): z.output<typeof BatchView> {
  const {
    state: status,
    scopeJson,
    requestHash: _,
    createdAt,
    updatedAt,
    endedAt,
    ...rest
  } = batch;
  return {
    ...rest,
    status,
    scope: JSON.parse(scopeJson) as unknown,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    endedAt: endedAt === null ? null : new Date(endedAt).toISOString(),
  };
}

export function refusalOf({ transaction, detail }: BatchResult): z.output<typeof Refusal> {
  return { id: transaction, refusal: detail ?? '' };
}

export type RefusalView = z.output<typeof Refusal>;
export type BatchPreview = z.output<typeof BatchPreview>;
