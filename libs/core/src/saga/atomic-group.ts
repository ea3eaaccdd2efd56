import type { CallableOperation, Operation } from '../contract/participant.js';
import {
  checkDeadline,
  checkTiming,
  DEFAULT_STEP_TIMEOUT_MS,
  mappingOf,
  type Fail,
  type LooseCommand,
  type MappedCommand,
  type MappingContext,
  type StepCommand,
  type Timing,
} from '../mapped-command.js';
import { RETRY_FROM_PIVOT, type RetryPolicy } from '../retry.js';
import {
  checkGroup,
  DEFAULT_PREPARE_DEADLINE_MS,
  GROUP_RETRY,
  MAX_BRANCHES,
  resolveBranch,
  type GroupRetry,
} from '../two-phase/define.js';
import type { BranchDefinition, GroupDefinition } from '../two-phase/group-state.js';

/** One branch of an atomic step. */
export interface AtomicBranch extends BranchDefinition {
  /** Undoes what the branch committed; all branches of a group have one, or none. */
  readonly compensation: StepCommand | undefined;
}

/** The branches that an atomic step commits together. */
export interface AtomicGroup extends GroupDefinition {
  readonly branches: readonly AtomicBranch[];
  /** Ms from its first prepare until silence counts as a no; the saga's own deadline may come earlier. */
  readonly deadlineMs: number;
}

export interface AtomicOptions {
  /** Ms from the first prepare within which all must have voted; then it is aborted. Default 30 s. */
  readonly deadlineMs?: number;
  /** `maxAttempts` prepares of a branch in a round (3), `maxRounds` rounds (3), pauses as elsewhere. */
  readonly retry?: Partial<GroupRetry>;
}

/** How a step that can be undone is undone. */
export interface Undoable<Context, Undo> {
  readonly compensation: MappedCommand<Context, Undo, unknown>;
  readonly compensationTimeoutMs?: number;
  readonly compensationRetry?: Partial<RetryPolicy>;
}

/** In its compensation a step's own reply is undefined when the outcome of the action is unknown. */
export type WithMaybe<Replies, Name extends string, Reply> = Replies & {
  readonly [N in Name]: NoInfer<Reply> | undefined;
};

type With<Replies, Name extends string, Reply> = Replies & { readonly [N in Name]: Reply };

/** A group so far: a pivot where no branch has a compensation, compensatable where each has one. */
export type GroupKind = 'pivot' | 'compensatable';

/** No branch can be undone: the group is the saga's pivot. */
interface PivotBranch<Input, Replies, Added, Next extends 'one' | 'enough'> {
  /**
   * One participant's part, prepared in parallel with the others. `map` makes its request, once, of the
   * steps before: the same bytes go with prepare, commit and abort, in every round.
   */
  branch<Name extends string, Request, Reply>(
    name: Name,
    operation: CallableOperation<Request, unknown, Reply>,
    map: (context: MappingContext<Input, Replies>) => NoInfer<Request>,
    timing?: Timing & { readonly compensation?: never },
  ): Sized<'pivot', Input, Replies, With<Added, Name, Reply>>[Next];
}

interface UndoableBranch<Input, Replies, Added, Next extends 'one' | 'enough'> {
  /** As above; its compensation undoes what it committed, when the saga turns back later. */
  branch<Name extends string, Request, Reply, Undo>(
    name: Name,
    operation: CallableOperation<Request, unknown, Reply>,
    map: (context: MappingContext<Input, Replies>) => NoInfer<Request>,
    options: Timing & Undoable<MappingContext<Input, WithMaybe<Replies, Name, Reply>>, Undo>,
  ): Sized<'compensatable', Input, Replies, With<Added, Name, Reply>>[Next];
}

interface Sized<Kind extends GroupKind, Input, Replies, Added> {
  readonly one: BranchOf<Input, Replies, Added>[Kind];
  readonly enough: AtomicBranches<Kind, Input, Replies, Added>;
}

interface BranchOf<Input, Replies, Added> {
  readonly pivot: PivotBranch<Input, Replies, Added, 'enough'>;
  readonly compensatable: UndoableBranch<Input, Replies, Added, 'enough'>;
}

/** A group without branches yet. The first one tells whether all have a compensation. */
export type AtomicStart<Input, Replies> = PivotBranch<Input, Replies, unknown, 'one'> &
  UndoableBranch<Input, Replies, unknown, 'one'>;

/** A group of two branches or more. `Added` are their replies, by branch name. */
export type AtomicBranches<Kind extends GroupKind, Input, Replies, Added> = BranchOf<
  Input,
  Replies,
  Added
>[Kind] & {
  /** Carries types, never a value; what has it has two branches or more. */
  readonly phantom: () => { readonly kind: Kind; readonly added: Added };
};

type LooseOptions = Timing & {
  readonly compensation?: LooseCommand;
  readonly compensationTimeoutMs?: number;
  readonly compensationRetry?: Partial<RetryPolicy>;
};

/** The arguments of `branch`, their types left behind. */
type Loose = readonly [
  name: string,
  operation: Operation,
  map: (context: never) => unknown,
  options?: LooseOptions,
];

/** What `atomically` is given, its types left behind. */
export type LooseGroup = (start: unknown) => unknown;

/** The group that `branches` describes, with every default filled in. */
export function resolveGroup(branches: LooseGroup, options: AtomicOptions = {}): AtomicGroup {
  const retry = { ...GROUP_RETRY, ...options.retry };
  const made = branches(builderOf([], retry)) as Partial<Builder>;
  return {
    branches: made.branches ?? [],
    maxRounds: retry.maxRounds,
    deadlineMs: options.deadlineMs ?? DEFAULT_PREPARE_DEADLINE_MS,
  };
}

interface Builder {
  readonly branches: readonly AtomicBranch[];
  branch(...given: Loose): Builder;
}

/** Every call gives a new builder, as everywhere. */
function builderOf(branches: readonly AtomicBranch[], retry: GroupRetry): Builder {
  return {
    branches,
    branch: (...given) => builderOf([...branches, resolveUndoable(given, retry)], retry),
  };
}

function resolveUndoable(given: Loose, retry: GroupRetry): AtomicBranch {
  const [name, operation, map, options = {}] = given;
  const branch = resolveBranch([name, operation, map, options], retry);
  const { compensation } = options;
  return { ...branch, compensation: compensation && undoOf(compensation, options) };
}

/** A compensation with its defaults, for steps and branches alike. */
export function undoOf(compensation: LooseCommand, options: Omit<LooseOptions, 'compensation'>) {
  const { timeoutMs = DEFAULT_STEP_TIMEOUT_MS } = options;
  return {
    mapping: mappingOf(compensation),
    timeoutMs: options.compensationTimeoutMs ?? timeoutMs,
    retry: { ...RETRY_FROM_PIVOT, ...options.compensationRetry },
  };
}

/** The kind that the branches make of their step; undefined when only some have a compensation. */
export function kindOf({ branches }: AtomicGroup): GroupKind | undefined {
  const undoable = branches.filter(({ compensation }) => compensation !== undefined);
  if (undoable.length === 0) return 'pivot';
  return undoable.length === branches.length ? 'compensatable' : undefined;
}

/** What holds of the group of the step `name`, besides what holds of all its saga's names. */
export function checkAtomic(name: string, group: AtomicGroup, fail: Fail): void {
  const within: Fail = (why) => fail(`step ${name}: ${why}`);
  const { branches, deadlineMs } = group;
  if (branches.length < 2)
    within(`${branches.length} branches; what one participant does alone is a plain step`);
  if (kindOf(group) === undefined) within('some branches have a compensation: all or none');
  checkDeadline(deadlineMs, within);
  checkGroup(group, { deadlineMs, maxBranches: MAX_BRANCHES, fail: within });
  for (const { name: branch, compensation } of branches) {
    checkTiming(`branch ${branch}`, compensation, within);
  }
}
