import { DIRECTIONS } from '@skald/core';
import type { Order } from '@skald/engine';
import { z } from 'zod';
import { checked } from '../http/field-errors.js';
import { Name, storableText } from '../http/text.js';
import { LOCAL_PRINCIPAL } from '../options.js';
import { StatusSchema } from './view.schema.js';

const MAX_REASON_CHARS = 500;

export const Reason = storableText(MAX_REASON_CHARS)
  .refine((text) => text.trim() !== '', 'expected a reason')
  .describe('Why, for the audit; at most 500 characters.');

export const PlainOrderRequest = z.strictObject({ reason: Reason }).meta({ id: 'OrderRequest' });

export const SkipRequest = z
  .strictObject({
    reason: Reason,
    step: Name.optional().describe('Refused when the transaction waits for another step.'),
    reply: z.unknown().optional().describe("In place of the step's own, checked by its contract."),
  })
  .meta({ id: 'SkipRequest' });

export const ResolveRequest = z
  .strictObject({
    reason: Reason,
    step: Name.optional().describe('Refused when the transaction waits for another step.'),
    outcome: z.enum(['succeeded', 'rejected']).optional().describe("What became of a saga's step."),
    reply: z.unknown().optional().describe("The step's reply if it succeeded."),
    branch: Name.optional().describe('Two-phase: the branch of which you know what became of it,'),
    heuristic: z.enum(['commit', 'abort']).optional().describe('and what that is.'),
  })
  .superRefine(({ outcome, branch, heuristic }, context) => {
    if (branch !== undefined && heuristic === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['heuristic'],
        message: 'expected commit or abort',
      });
    }
    if (branch === undefined && outcome === undefined) {
      const message = 'expected succeeded or rejected, or a branch and its heuristic';
      context.addIssue({ code: 'custom', path: ['outcome'], message });
    }
  })
  .meta({ id: 'ResolveRequest' });

/** What an order would do. */
export const PreviewView = z
  .strictObject({
    version: z.int(),
    allowed: z.boolean(),
    refusal: z.string().nullable(),
    status: StatusSchema.describe('Right after it.'),
    irreversible: z.boolean(),
    calls: z
      .array(
        z.strictObject({
          step: z.string(),
          direction: z.enum(DIRECTIONS),
          participant: z.string(),
          operation: z.string(),
        }),
      )
      .describe('The calls that follow if every answer is a success, in order.'),
  })
  .meta({ id: 'Preview' });

/** How to read the body of each kind of order. */
export const ORDERS = {
  cancel: (body: unknown): Order => ({
    type: 'cancel-requested',
    ...by(checked(PlainOrderRequest, body).reason),
  }),
  retry: (body: unknown): Order => ({
    type: 'retry-requested',
    ...by(checked(PlainOrderRequest, body).reason),
  }),
  skip: (body: unknown): Order => {
    const { reason, ...rest } = checked(SkipRequest, body);
    return { type: 'skip-requested', ...given(rest), ...by(reason) };
  },
  resolve: (body: unknown): Order => {
    const { reason, ...rest } = checked(ResolveRequest, body);
    return { type: 'resolve-requested', ...given(rest), ...by(reason) };
  },
} as const;

function by(reason: string) {
  return { by: LOCAL_PRINCIPAL, reason };
}

/** The fields that were really given. */
function given<Fields extends object>(
  fields: Fields,
): { [Key in keyof Fields]: Exclude<Fields[Key], undefined> } {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as never;
}

/** A preview may come before the reason is written. */
export function withReason(body: unknown): unknown {
  if (typeof body !== 'object' && body !== undefined) return body;
  return { reason: 'preview', ...body };
}
