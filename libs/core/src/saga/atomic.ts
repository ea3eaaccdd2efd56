import { beginGroup, type GroupMove } from '../two-phase/group.js';
import { mapRequests, requestKeyOf, sendsOf } from '../two-phase/group-parts.js';
import { decisionOf } from '../two-phase/group-state.js';
import type { AtomicStep } from './define.js';
import {
  parkFor,
  settle,
  stateWith,
  stepWith,
  withPayloads,
  withState,
  withStep,
  type Move,
  type Result,
} from './draft.js';
import type { AtomicState, SagaState } from './state.js';

/** The atomic step under way: what is known of its group, and its definition. */
export interface Active {
  readonly index: number;
  readonly step: AtomicStep;
  readonly group: AtomicState['group'];
}

/** The atomic step that is under way, if there is one. At most one step is. */
export function activeIn({
  saga,
  transaction,
}: Pick<Move, 'saga' | 'transaction'>): Active | undefined {
  const found = activeState(transaction.state);
  if (!found) return undefined;
  const step = saga.steps[found.step];
  return step?.group ? { index: found.step, step, group: found.group } : undefined;
}

/** The same without a definition at hand. */
export function activeState({ groups, steps }: SagaState): AtomicState | undefined {
  if (groups.length === 0) return undefined; // The hot path of sagas without atomic steps.
  return groups.find(({ step }) => steps[step]?.status === 'running');
}

export function groupMove({ at }: Move, { step, group }: Active): GroupMove {
  return { definition: step.group, group, at };
}

/** Whether its prepares were ever committed to be sent: their requests exist from then on. */
export function wasBegun({ transaction }: Pick<Move, 'transaction'>, { step }: Active): boolean {
  const first = step.group.branches[0]?.name ?? '';
  return requestKeyOf(first) in transaction.payloads.requests;
}

/** Whether it can only commit: from the decision of a pivot on there is no way back (S12). */
export function isCommitted({ group }: Pick<Active, 'group'>): boolean {
  return decisionOf(group) === 'commit';
}

/** Sends the prepares of the atomic step at `index`. Its requests are mapped here, once (S6). */
export function beginAtomic(move: Move, step: AtomicStep, index: number): Result {
  const { transaction, at } = move;
  const deadline = Math.min(transaction.deadline, at + step.group.deadlineMs);
  const group = beginGroup(step.group, { at, deadline });
  const steps = withStep(transaction.state.steps, index, (one) => stepWith(one, 'running'));
  const state = stateWith(transaction.state, steps, []);
  const begun = withState(move, withGroup(state, { step: index, group }));
  const mapped = mapRequests(step.group, begun);
  if ('problem' in mapped) return parkFor(begun, 'mapping-failed', mapped.problem);
  const { requests } = mapped;
  const sent = withPayloads(begun, {
    requests: { ...transaction.payloads.requests, ...requests },
  });
  const effects = sendsOf(step.group, group, [...group.branches.keys()]);
  return settle(sent, 'running', effects, { requests, output: null });
}

/** The state with what is known of one atomic step now. */
export function withGroup(state: SagaState, group: AtomicState): SagaState {
  const others = state.groups.filter(({ step }) => step !== group.step);
  return { ...state, groups: [...others, group] };
}

/** The branch to undo next, below `before`: one that voted read-only has nothing to undo. */
export function branchToUndo(
  { groups }: SagaState,
  index: number,
  before: number,
): number | undefined {
  const branches = groups.find(({ step }) => step === index)?.group.branches ?? [];
  const last = branches.findLastIndex(({ vote }, at) => at < before && vote !== 'read-only');
  return last < 0 ? undefined : last;
}
