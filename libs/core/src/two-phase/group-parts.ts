import type { OutgoingCommand, PlannedCall } from '../outgoing.js';
import { checkReply, contextOf, listErrors, mapRequest } from '../request.js';
import type { Direction, Effect, Produced, Transaction } from '../transaction.js';
import { cut, MAX_DETAIL_CHARS, MAX_REASON_CHARS, type Failure } from '../trouble.js';
import { branchStepName, parseStepName } from '../wire/step-name.js';
import type { Cause, GroupChange } from './group.js';
import { directionOf, type GroupDefinition, type GroupState } from './group-state.js';

/**
 * A group as part of a transaction: its requests, commands, replies and failure. What is here is the same
 * whether the transaction is this group, or a saga of which the group is one step.
 */

/** The key of a branch's request among the payloads: one for all its commands, in every round. */
export function requestKeyOf(branch: string): string {
  return `${branch}/prepare`;
}

interface Mapping {
  readonly transaction: Transaction<unknown>;
  /** On replay, what this transition produced when it was first made: then no mapping or schema is asked. */
  readonly recorded?: Produced | undefined;
}

/** The requests of all branches, mapped once; or why that is not possible. */
export function mapRequests(
  definition: GroupDefinition,
  { transaction, recorded }: Mapping,
):
  | { readonly requests: Readonly<Record<string, string>> }
  | { readonly branch: number; readonly problem: string } {
  const requests: Record<string, string> = {};
  const context = contextOf(transaction.id, transaction.payloads);
  for (const [branch, { name, command }] of definition.branches.entries()) {
    const key = requestKeyOf(name);
    const made = recorded ? recordedRequest(recorded, key) : mapRequest(command, context, key);
    if ('problem' in made) return { branch, problem: made.problem };
    requests[key] = made.body;
  }
  return { requests };
}

function recordedRequest({ requests, problem }: Produced, key: string) {
  const body = requests[key];
  return body === undefined ? { problem: problem ?? '' } : { body };
}

/** The branch that a step name of the group's present round belongs to. */
export function branchAsked(
  { branches }: GroupDefinition,
  group: GroupState,
  step: unknown,
): number | undefined {
  const name = typeof step === 'string' ? parseStepName(step) : undefined;
  if (name?.step !== null || name.round !== group.round) return undefined;
  const index = branches.findIndex((branch) => branch.name === name.branch);
  return index < 0 ? undefined : index;
}

/** The commands to `asks`, which leave now. */
export function sendsOf(
  { branches }: GroupDefinition,
  group: GroupState,
  asks: readonly number[],
): Effect[] {
  const direction = directionOf(group);
  return asks.flatMap((index): Effect[] => {
    const { name } = branches[index] ?? {};
    const { attempt = 1 } = group.branches[index] ?? {};
    if (name === undefined || direction === undefined) return [];
    return [{ type: 'send', step: branchStepName(name, group.round), direction, attempt }];
  });
}

/** The commands whose answers the group waits for, ready to send. */
export function commandsOf(
  definition: GroupDefinition,
  group: GroupState,
  transaction: Transaction<unknown>,
): OutgoingCommand[] {
  const direction = directionOf(group);
  if (direction === undefined) return [];
  return group.branches.flatMap(({ resendAt, attempt }, index) => {
    const branch = definition.branches[index];
    if (!branch || resendAt === null) return [];
    const body = transaction.payloads.requests[requestKeyOf(branch.name)];
    if (body === undefined) return [];
    const { mapping, timeoutMs, retry } = branch.command;
    return {
      transaction: transaction.id,
      step: branchStepName(branch.name, group.round),
      direction,
      attempt,
      participant: mapping.operation.participant,
      operation: mapping.operation,
      body,
      isRefusable: direction === 'prepare' || direction === 'action',
      timeoutMs,
      maxAttempts: direction === 'prepare' ? retry.maxAttempts : Infinity,
      resendAt,
      startedAt: transaction.startedAt,
      deadline: group.deadline,
    };
  });
}

/** The calls that follow if every answer is a success, in order. */
export function callsOf(definition: GroupDefinition, group: GroupState): PlannedCall[] {
  const call = (direction: Direction, isMeant: (index: number) => boolean): PlannedCall[] =>
    definition.branches.flatMap(({ name, command }, index) => {
      if (!isMeant(index)) return [];
      const { participant, operation } = command.mapping.operation;
      return { step: branchStepName(name, group.round), direction, participant, operation };
    });
  const direction = directionOf(group);
  if (direction === undefined) return [];
  const asked = call(direction, (index) => group.branches[index]?.resendAt != null);
  if (direction !== 'prepare') return asked;
  return [...asked, ...call('commit', (index) => group.branches[index]?.vote !== 'read-only')];
}

/** The replies with that of the branch `change.replied`, if there is one that keeps its contract. */
export interface Taken {
  readonly replies?: Readonly<Record<string, unknown>>;
  readonly replyOf?: string;
  readonly alarm?: string;
}

/** A reply that breaks its contract is not taken; the branch is committed all the same. */
export function takeReply(
  { branches }: GroupDefinition,
  { replied, reply }: GroupChange,
  { transaction, recorded }: Mapping,
): Taken {
  const branch = replied === undefined ? undefined : branches[replied];
  if (!branch) return {};
  const { name, command } = branch;
  const checked = checkReply(command, reply, { name, recorded });
  if (!checked.ok) {
    const why = listErrors(checked.errors);
    return { alarm: `branch ${name}: the reply breaks its contract: ${why}` };
  }
  return {
    replies: { ...transaction.payloads.replies, [name]: checked.value },
    replyOf: name,
  };
}

/** What each branch that stopped has against going on. */
export function describeStops({ branches }: GroupDefinition, group: GroupState): string {
  const stopped = group.branches.flatMap(({ stop, reason }, index) =>
    stop === null ? [] : [`${branches[index]?.name ?? ''}: ${reason ?? stop}`],
  );
  return stopped.join('; ');
}

/** The time is over: silence is no yes. What was in the way last is told. */
export function deadlineCause({ branches }: GroupState): Cause {
  const trouble = branches.find(({ reason }) => reason !== null)?.reason;
  return {
    branch: null,
    outcome: 'deadline-passed',
    reason: 'deadline-passed',
    ...(trouble != null && { detail: trouble }),
  };
}

/** Why it is aborted, as its caller learns it. */
export function failureOf({ branches }: GroupDefinition, cause: Cause): Failure {
  const branch = cause.branch === null ? undefined : branches[cause.branch];
  const { participant = null, operation = null } = branch?.command.mapping.operation ?? {};
  return {
    step: branch?.name ?? null,
    participant,
    operation,
    outcome: cause.outcome,
    reason: cut(cause.reason, MAX_REASON_CHARS),
    detail: cause.detail === undefined ? null : cut(cause.detail, MAX_DETAIL_CHARS),
  };
}
