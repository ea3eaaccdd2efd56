import { isTwoPhase } from '@skald/core';
import type { Snapshot } from '@skald/engine';
import { z } from 'zod';
import { time } from '../transactions/time.js';

/** A branch that a decision has not reached yet, as far as is known. */
export const UnsettledBranch = z.strictObject({
  name: z.string(),
  participant: z.string(),
  attempts: z.int(),
  reason: z.string().nullable().describe('Of the last attempt.'),
});

/** Why a transaction needs a human, since when, and which branches keep it. */
export function attentionOf(snapshot: Snapshot) {
  const { transaction, definition } = snapshot;
  const branches = unsettledOf(snapshot);
  const withBranches = branches && { branches };
  const { parked } = transaction.state;
  if (parked) return { attention: 'parked' as const, since: time(parked.at), ...withBranches };
  if (!definition)
    return { attention: 'definition-missing' as const, since: time(transaction.updatedAt) };
  const decidedAt = decidedAtOf(snapshot);
  if (decidedAt !== undefined) {
    return { attention: 'in-doubt' as const, since: time(decidedAt), ...withBranches };
  }
  return { attention: 'overdue' as const, since: time(transaction.deadline), ...withBranches };
}

/** When the decision was fixed that not all have acknowledged; or the question whose answer is waited for. */
function decidedAtOf({ transaction }: Snapshot): number | undefined {
  if (!isTwoPhase(transaction)) return undefined;
  const { group } = transaction.state;
  const isAsked = group.branches.some(({ isInDoubt }) => isInDoubt);
  return group.decidedAt ?? (isAsked ? transaction.startedAt : undefined);
}

function unsettledOf({ transaction, definition }: Snapshot) {
  if (definition?.protocol !== 'two-phase' || !isTwoPhase(transaction)) return undefined;
  const { group } = transaction.state;
  return definition.branches.flatMap(({ name, command }, index) => {
    const branch = group.branches[index];
    if (!branch || (branch.resendAt === null && branch.stop === null)) return [];
    const { participant } = command.mapping.operation;
    return { name, participant, attempts: branch.attempt, reason: branch.reason };
  });
}
