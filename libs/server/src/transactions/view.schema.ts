import { DIRECTIONS, HEURISTICS, PARKED_REASONS, STATUSES, STEP_STATES, VOTES } from '@skald/core';
import { z } from 'zod';

/** RFC 3339, UTC. */
export const Time = z.iso.datetime({ offset: true });
const NullableTime = Time.nullable();
export const StatusSchema = z.enum(STATUSES as [string, ...string[]]);
const DirectionSchema = z.enum(DIRECTIONS);

const ParkedView = z.strictObject({
  reason: z.enum(PARKED_REASONS),
  from: StatusSchema,
  at: Time,
  detail: z.string().nullable(),
  isAcknowledged: z.literal(true).optional().describe('A human took notice of a contradiction.'),
});

const FailureView = z.strictObject({
  step: z.string().nullable().describe('Or branch. Null for a cancel or the deadline.'),
  participant: z.string().nullable(),
  operation: z.string().nullable(),
  outcome: z.enum(['rejected', 'failed', 'cancelled', 'deadline-passed']),
  reason: z.string(),
  detail: z.string().nullable(),
});

const WaitingForView = z.strictObject({
  step: z.string(),
  direction: DirectionSchema,
  participant: z.string(),
  operation: z.string(),
  attempt: z.int(),
  maxAttempts: z.int().nullable().describe('Null: until it is acknowledged.'),
  nextAttemptAt: NullableTime.describe('Null while parked: nothing follows by itself.'),
});

const AttemptError = z.strictObject({
  outcome: z.enum(['rejected', 'failed']),
  reason: z.string(),
  detail: z.string().optional(),
});

const CallView = z.strictObject({
  participant: z.string(),
  operation: z.string(),
  attempts: z.int().describe('Attempts that were really sent.'),
  request: z.unknown().describe('As first sent; null before.'),
  reply: z.unknown(),
  error: AttemptError.nullable().describe('Of the latest attempt; null once it succeeded.'),
  startedAt: NullableTime,
  endedAt: NullableTime,
});

/** One branch of a two-phase transaction, or of an atomic group within a saga. */
export const BranchView = z
  .strictObject({
    name: z.string(),
    participant: z.string(),
    operation: z.string(),
    round: z.int(),
    vote: z.enum(VOTES).nullable(),
    acknowledged: z
      .boolean()
      .describe('The decision; not asked of one that voted abort or read-only.'),
    heuristic: z
      .enum(HEURISTICS)
      .nullable()
      .describe('What it did by itself; hazard: nobody knows.'),
    inDoubt: z.boolean().describe('Told the decision many times in vain; delivery goes on.'),
    attempts: z.int().describe('Of what it is, or was last, asked.'),
    reason: z.string().nullable().describe('Why it voted abort, or why its last attempt failed.'),
    detail: z.string().nullable(),
    request: z.unknown().describe('As first sent; null before.'),
    reply: z.unknown(),
    votedAt: NullableTime,
    acknowledgedAt: NullableTime,
  })
  .meta({ id: 'Branch' });

const DecisionField = z.enum(['commit', 'abort']).nullable();
const HeuristicField = z.enum([...HEURISTICS, 'mixed']).nullable();

/** A branch of a saga's atomic step. */
const AtomicBranchView = z
  .strictObject({
    ...BranchView.shape,
    compensation: CallView.nullable().describe('Where its step can be undone.'),
  })
  .meta({ id: 'AtomicBranch' });

const StepView = z.strictObject({
  name: z.string(),
  kind: z.enum(['compensatable', 'pivot', 'retriable']),
  state: z.enum(STEP_STATES),
  action: CallView.nullable().describe('Null for an atomic step, which has branches.'),
  compensation: CallView.nullable(),
  decision: DecisionField.optional().describe('Of an atomic step; null while undecided.'),
  heuristic: HeuristicField.optional().describe(
    'Of an atomic step, as of a two-phase transaction.',
  ),
  branches: z.array(AtomicBranchView).optional().describe('Of an atomic step.'),
});

/** A transaction without its payloads and steps: what lists are made of. */
export const TransactionItem = z
  .strictObject({
    id: z.uuid(),
    protocol: z.enum(['saga', 'two-phase']),
    definition: z.string(),
    definitionVersion: z.int(),
    status: StatusSchema,
    version: z.int().describe("The row's, for `If-Match`; never the definition's."),
    labels: z.record(z.string(), z.string()),
    decision: DecisionField.optional().describe(
      'Of a two-phase transaction; null while undecided.',
    ),
    heuristic: HeuristicField.optional().describe(
      'Of a two-phase transaction: what branches did by themselves; mixed contradicts the decision.',
    ),
    parked: ParkedView.nullable(),
    failure: FailureView.nullable(),
    waitingFor: z.array(WaitingForView),
    owner: z.string().nullable(),
    createdAt: Time,
    updatedAt: Time,
    endedAt: NullableTime,
    dueAt: NullableTime,
    deadline: Time,
  })
  .meta({ id: 'TransactionItem' });

/** A transaction as `GET /v1/transactions/{id}` gives it. */
export const TransactionView = z
  .strictObject({
    ...TransactionItem.shape,
    input: z.unknown(),
    output: z.unknown(),
    steps: z.array(StepView).optional().describe('Of a saga.'),
    branches: z.array(BranchView).optional().describe('Of a two-phase transaction.'),
  })
  .meta({ id: 'Transaction' });

export type TransactionItem = z.output<typeof TransactionItem>;
export type TransactionView = z.output<typeof TransactionView>;
export type BranchView = z.output<typeof BranchView>;
export type AtomicBranchView = z.output<typeof AtomicBranchView>;
export type StepView = z.output<typeof StepView>;
export type CallView = z.output<typeof CallView>;
export type WaitingForView = z.output<typeof WaitingForView>;
