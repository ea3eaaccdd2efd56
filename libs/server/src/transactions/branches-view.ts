import {
  decisionOf,
  FRESH,
  fromHistory,
  heuristicOf,
  isBranchStep,
  isAnswerEvent,
  isTwoPhase,
  machineOf,
  parseStepName,
  type BranchDefinition,
  type BranchState,
  type GroupState,
  type HistoryEntry,
  type Payloads,
  type Reply,
} from '@skald/core';
import type { Snapshot } from '@skald/engine';
import { time, timeOrNull } from './time.js';
import type { BranchView, WaitingForView } from './view.schema.js';

/** What was decided, and what branches did by themselves. */
export function outcomeOf(group: GroupState) {
  return { decision: decisionOf(group), heuristic: heuristicOf(group) };
}

/** The branches of a two-phase transaction; `history` is complete, or empty when it is not at hand. */
export function branchesOf(
  { definition, transaction }: Snapshot,
  history: readonly HistoryEntry[],
  now: number,
): BranchView[] {
  if (definition?.protocol !== 'two-phase' || !isTwoPhase(transaction)) return [];
  const { payloads, state } = transaction;
  return branchViews(definition.branches, state.group, { payloads, told: toldOf(history), now });
}

/** The branches of a group, also of one that has not begun. */
export function branchViews(
  branches: readonly BranchDefinition[],
  group: GroupState | undefined,
  on: { readonly payloads: Payloads; readonly told: ToldOf; readonly now: number },
): BranchView[] {
  const { payloads, told, now } = on;
  const { requests, replies } = payloads;
  return branches.map((branch, index) => {
    const { name } = branch;
    return branchView(branch, group?.branches[index] ?? UNASKED, {
      ...{ round: group?.round ?? 1, now },
      ...{ request: requests[`${name}/prepare`], reply: replies[name], told: told.get(name) },
    });
  });
}

const UNASKED: BranchState = { ...FRESH, attempt: 0 };

/** What else a branch is shown with. */
interface BranchContext {
  readonly round: number;
  readonly now: number;
  /** As first sent, JSON. */
  readonly request: string | undefined;
  readonly reply: unknown;
  readonly told: Told | undefined;
}

function branchView(
  { name, command }: BranchDefinition,
  state: BranchState,
  { round, now, request, reply, told }: BranchContext,
): BranchView {
  const { participant, operation } = command.mapping.operation;
  return {
    ...{ name, participant, operation, round },
    vote: state.vote,
    acknowledged: state.isAcknowledged,
    heuristic: state.heuristic,
    inDoubt: state.isInDoubt,
    attempts: isBackingOff(state, now) ? state.attempt - 1 : state.attempt,
    reason: state.reason,
    detail: told?.detail ?? null,
    request: request === undefined ? null : (JSON.parse(request) as unknown),
    reply: reply ?? null,
    votedAt: timeOrNull(told?.votedAt ?? null),
    acknowledgedAt: timeOrNull(told?.acknowledgedAt ?? null),
  };
}

/** The attempt that is counted has not left yet. */
function isBackingOff({ resendAt, reason, attempt }: BranchState, now: number): boolean {
  return resendAt !== null && resendAt > now && reason !== null && attempt > 1;
}

/** What the history tells of a branch, in its last round. */
interface Told {
  readonly votedAt: number | null;
  readonly acknowledgedAt: number | null;
  readonly detail: string | null;
}

const UNTOLD: Told = { votedAt: null, acknowledgedAt: null, detail: null };

export type ToldOf = ReadonlyMap<string, Told>;

/** What `history` (complete, in order) tells of all branches, by their names. */
export function toldOf(history: readonly HistoryEntry[]): ToldOf {
  const all = new Map<string, Told & { readonly round: number }>();
  for (const entry of history) {
    if (!isOfGroup(entry)) continue;
    const { branch, round } = parseStepName(entry.step ?? '') ?? {};
    if (branch == null || round == null) continue;
    const event = fromHistory(entry);
    const known = all.get(branch);
    const before = known?.round === round ? known : { ...UNTOLD, round };
    if (isAnswerEvent(event)) all.set(branch, { ...before, ...toldBy(entry, event.reply) });
  }
  return all;
}

function toldBy({ at, direction }: HistoryEntry, reply: Reply): Partial<Told> {
  const detail = 'detail' in reply ? (reply.detail ?? null) : null;
  if (reply.outcome === 'failed') return { detail };
  if (direction === 'prepare') return { votedAt: at, detail };
  if (direction === 'action') return { votedAt: at, acknowledgedAt: at, detail };
  return reply.outcome === 'rejected' ? { detail } : { acknowledgedAt: at, detail };
}

/** The commands of its group that it waits for; those of a saga's other steps are not told here. */
export function branchesAwaited({ definition, transaction }: Snapshot): WaitingForView[] {
  if (!definition) return [];
  const isParked = transaction.status === 'parked';
  const all = machineOf(definition.protocol)?.pendingCommands(definition, transaction) ?? [];
  const commands = all.filter(isOfGroup);
  return commands.map((command) => ({
    step: command.step,
    direction: command.direction,
    participant: command.participant,
    operation: command.operation.operation,
    attempt: command.attempt,
    maxAttempts: Number.isFinite(command.maxAttempts) ? command.maxAttempts : null,
    nextAttemptAt: isParked ? null : time(command.resendAt),
  }));
}

/** Asked as a branch of a group, and not of a saga's plain step, nor to undo. */
function isOfGroup({ step, direction }: Pick<HistoryEntry, 'step' | 'direction'>): boolean {
  return step !== null && direction !== 'compensation' && isBranchStep(step);
}
