import {
  decisionOf,
  fromHistory,
  heuristicOf,
  isAnswerEvent,
  isTwoPhase,
  machineOf,
  parseStepName,
  type BranchDefinition,
  type BranchState,
  type HistoryEntry,
  type Reply,
  type TwoPhaseTransaction,
} from '@skald/core';
import type { Snapshot } from '@skald/engine';
import { time, timeOrNull } from './time.js';
import type { BranchView, WaitingForView } from './view.schema.js';

/** What was decided, and what branches did by themselves. */
export function outcomeOf({ state }: TwoPhaseTransaction) {
  return { decision: decisionOf(state.group), heuristic: heuristicOf(state.group) };
}

/** The branches of a two-phase transaction; `history` is complete, or empty when it is not at hand. */
export function branchesOf(
  { definition, transaction }: Snapshot,
  history: readonly HistoryEntry[],
  now: number,
): BranchView[] {
  if (definition?.protocol !== 'two-phase' || !isTwoPhase(transaction)) return [];
  const { group } = transaction.state;
  const { requests, replies } = transaction.payloads;
  const told = toldOf(history);
  return definition.branches.flatMap((branch, index) => {
    const state = group.branches[index];
    if (!state) return [];
    const request = requests[`${branch.name}/prepare`];
    const reply = replies[branch.name];
    return branchView(branch, state, {
      round: group.round,
      now,
      request,
      reply,
      told: told.get(branch.name),
    });
  });
}

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

function toldOf(history: readonly HistoryEntry[]): ReadonlyMap<string, Told> {
  const all = new Map<string, Told & { readonly round: number }>();
  for (const entry of history) {
    const { branch = null, round = null } = parseStepName(entry.step ?? '') ?? {};
    if (entry.type === 'started' || branch === null || round === null) continue;
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

/** The commands it waits for. */
export function branchesAwaited({ definition, transaction }: Snapshot): WaitingForView[] {
  if (!definition) return [];
  const isParked = transaction.status === 'parked';
  const commands = machineOf(definition.protocol)?.pendingCommands(definition, transaction) ?? [];
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
