import {
  activeState,
  isSaga,
  isTwoPhase,
  type AnyTransaction,
  type Definition,
  type GroupState,
} from '@skald/core';
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
  const group = groupOf(transaction);
  const isAsked = group?.branches.some(({ isInDoubt }) => isInDoubt) ?? false;
  return group?.decidedAt ?? (isAsked ? transaction.startedAt : undefined);
}

/** What decides: a two-phase transaction itself, or the atomic step that a saga is at. */
function groupOf(transaction: AnyTransaction): GroupState | undefined {
  if (isTwoPhase(transaction)) return transaction.state.group;
  return isSaga(transaction) ? activeState(transaction.state)?.group : undefined;
}

function unsettledOf({ transaction, definition }: Snapshot) {
  const group = groupOf(transaction);
  const branches = branchesOf(definition, transaction);
  if (!group || !branches) return undefined;
  return branches.flatMap(({ name, command }, index) => {
    const branch = group.branches[index];
    if (!branch || (branch.resendAt === null && branch.stop === null)) return [];
    const { participant } = command.mapping.operation;
    return { name, participant, attempts: branch.attempt, reason: branch.reason };
  });
}

function branchesOf(definition: Definition | undefined, transaction: AnyTransaction) {
  if (definition?.protocol === 'two-phase') return definition.branches;
  const active = isSaga(transaction) ? activeState(transaction.state) : undefined;
  return active && definition?.steps[active.step]?.group?.branches;
}
