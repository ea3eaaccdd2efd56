import { z } from 'zod';
import { Name, storableText } from '../http/text.js';
import { Reason } from '../transactions/order-request.js';
import { StatusSchema, Time } from '../transactions/view.schema.js';

const MAX_GID_CHARS = 200;

const Outcome = z.enum(['commit', 'abort']);

/** One prepared transaction at a participant. */
export const InDoubtItem = z
  .strictObject({
    gid: z.string().describe('What names it at the participant.'),
    participant: z.string(),
    transaction: z.string(),
    step: z
      .string()
      .describe('Its `skaldstep`: `<branch>.<round>`, within a saga `<step>.` before.'),
    definition: z.string().nullable().describe('Null when there is no such transaction.'),
    status: StatusSchema.nullable(),
    decision: z
      .enum(['commit', 'abort', 'undecided', 'unknown'])
      .describe('`unknown`: no such transaction or branch. It is never to be taken for abort.'),
    follows: z
      .enum(['commit', 'abort', 'waits', 'nothing'])
      .describe('By itself, once it is told; `nothing` comes after an orphan by itself.'),
    preparedAt: Time.describe("By the participant's clock."),
    ageMs: z.int().describe('Prepared for so long.'),
    urgency: z
      .enum(['fresh', 'alarm', 'page'])
      .describe('From 30 s on an alarm, from 120 s a page.'),
    locks: z
      .array(z.strictObject({ relation: z.string(), mode: z.string(), count: z.int() }))
      .describe('As last known.'),
    reachable: z.boolean(),
    seenAt: Time.nullable().describe('When the participant told of it last.'),
  })
  .meta({ id: 'InDoubtItem' });

/** How much a participant has prepared. */
export const PreparedParticipant = z
  .strictObject({
    name: z.string(),
    used: z.int().nullable().describe('By all databases of its server; null when it never told.'),
    maxPrepared: z.int().nullable(),
    isFilling: z.boolean().describe('More than half is used.'),
    reachable: z.boolean(),
    unreachableSince: Time.nullable(),
    trouble: z.string().nullable().describe('Why it cannot be asked: one word.'),
    seenAt: Time.nullable(),
  })
  .meta({ id: 'PreparedParticipant' });

/** Everything that is prepared, the oldest first. */
export const InDoubtView = z
  .strictObject({
    items: z.array(InDoubtItem),
    participants: z.array(PreparedParticipant),
  })
  .meta({ id: 'InDoubt' });

export const ResolvePreparedRequest = z
  .strictObject({
    participant: Name,
    gid: storableText(MAX_GID_CHARS),
    outcome: Outcome,
    reason: Reason,
  })
  .meta({ id: 'ResolvePreparedRequest' });

/** What finishing it by hand would mean. */
export const ResolvePreparedPreview = z
  .strictObject({
    item: InDoubtItem.nullable().describe('Null when the last report does not have it.'),
    outcome: Outcome,
    decision: z.enum(['commit', 'abort', 'undecided', 'unknown']),
    contradicts: z
      .boolean()
      .describe('It is, or may turn out to be, the opposite of the decision.'),
    irreversible: z.literal(true),
    consequence: z.string().describe('In words.'),
  })
  .meta({ id: 'ResolvePreparedPreview' });

export const ResolvedPrepared = z
  .strictObject({
    participant: z.string(),
    gid: z.string(),
    outcome: Outcome,
    result: z
      .enum(['heuristic-commit', 'heuristic-abort', 'already-commit', 'already-abort', 'sent'])
      .describe('`already-…`: it was finished before; `sent`: no answer comes, look again.'),
    contradicts: z.boolean(),
  })
  .meta({ id: 'ResolvedPrepared' });

export type InDoubtItem = z.output<typeof InDoubtItem>;
export type PreparedParticipant = z.output<typeof PreparedParticipant>;
export type Decision = InDoubtItem['decision'];
