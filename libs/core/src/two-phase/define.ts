import type { CallableOperation, Operation } from '../contract/participant.js';
import { DefinitionError } from '../errors.js';
import { isName } from '../ids.js';
import {
  checkHead,
  checkTiming,
  DEFAULT_STEP_TIMEOUT_MS,
  type Fail,
  type MappingContext,
  type Timing,
} from '../mapped-command.js';
import { RETRY_BEFORE_PIVOT, type RetryPolicy } from '../retry.js';
import { assertUsable, type OutputOf, type Schema } from '../schema.js';
import { MAX_ROUND } from '../wire/step-name.js';
import type { BranchDefinition, GroupDefinition } from './group-state.js';

/** How often a round asks a branch to prepare, how often there is another round, and how decisions are repeated. */
export interface GroupRetry extends RetryPolicy {
  readonly maxRounds: number;
}

/** A two-phase transaction as data and pure functions; see `describe`. */
export interface TwoPhaseDefinition<out Input = unknown> extends GroupDefinition {
  readonly protocol: 'two-phase';
  readonly name: string;
  readonly version: number;
  readonly input: Schema<unknown, unknown>;
  /** Ms from the start until silence counts as a no. */
  readonly deadlineMs: number;
  readonly output: ((context: MappingContext<never, never>) => unknown) | undefined;
  /** Carries the input's type, never a value. */
  readonly phantom?: () => Input;
}

interface TwoPhaseOptions<S extends Schema> {
  /** A whole number from 1; a definition never changes under its version. */
  readonly version: number;
  readonly input: S;
  /** Ms from the start within which all must have voted; then it is aborted. Default 30 s. */
  readonly deadlineMs?: number;
  /** `maxAttempts` prepares of a branch in a round (3), `maxRounds` rounds (3), pauses as elsewhere. */
  readonly retry?: Partial<GroupRetry>;
}

type With<Replies, Name extends string, Reply> = Replies & { readonly [N in Name]: Reply };

/** Its branches so far; each is prepared in parallel with the others. */
export interface TwoPhaseStart<Input, Replies> {
  /**
   * One participant's part. `map` makes its request, once: the same bytes go with prepare, commit and
   * abort, in every round.
   */
  branch<Name extends string, Request, Reply>(
    name: Name,
    operation: CallableOperation<Request, unknown, Reply>,
    map: (context: MappingContext<Input, unknown>) => NoInfer<Request>,
    timing?: Timing,
  ): TwoPhaseBranches<Input, With<Replies, Name, Reply>>;
}

interface Buildable<Input> {
  /**
   * @throws DefinitionError for bad or repeated names, an unusable schema, version, time or retry policy,
   *   more than 12 branches, an operation of a plain REST service (it cannot prepare), or a reservation
   *   that may run out before the decision arrives.
   */
  build(): TwoPhaseDefinition<Input>;
}

/** Like `TwoPhaseStart`, once there is a branch. */
export interface TwoPhaseBranches<Input, Replies>
  extends TwoPhaseStart<Input, Replies>, Buildable<Input> {
  /**
   * What the whole transaction answers: a pure function of input and replies, by branch name. A branch
   * that voted read-only has a reply only if it came with its vote.
   */
  output(map: (context: MappingContext<Input, Replies>) => unknown): Buildable<Input>;
}

export const DEFAULT_PREPARE_DEADLINE_MS = 30_000;
export const MAX_BRANCHES = 12;
/** How much longer than the prepare deadline a reservation has to hold, so that the decision can arrive. */
export const RESERVATION_MARGIN_MS = 60_000;

export const GROUP_RETRY: GroupRetry = { ...RETRY_BEFORE_PIVOT, maxAttempts: 3, maxRounds: 3 };

/**
 * Starts a two-phase definition: its branches commit together or not at all (Gray & Reuter, "Transaction
 * Processing", ch. 10; presumed abort: Mohan, Lindsay & Obermarck 1986).
 */
export function twoPhase<const S extends Schema>(
  name: string,
  options: TwoPhaseOptions<S>,
): TwoPhaseStart<OutputOf<S>, unknown> {
  const { version, input, deadlineMs = DEFAULT_PREPARE_DEADLINE_MS } = options;
  const retry = { ...GROUP_RETRY, ...options.retry };
  const { maxRounds } = retry;
  const blank: TwoPhaseDefinition = {
    ...{ protocol: 'two-phase', name, version, input, deadlineMs },
    ...{ maxRounds, branches: [], output: undefined },
  };
  return builderOf(blank, retry);
}

/** Every call gives a new builder: a beginning may be shared by several definitions. */
function builderOf<Input>(
  sofar: TwoPhaseDefinition,
  retry: GroupRetry,
): TwoPhaseBranches<Input, unknown> {
  const builder = {
    branch: (...given: LooseBranch) =>
      builderOf({ ...sofar, branches: [...sofar.branches, resolveBranch(given, retry)] }, retry),
    output: (output: TwoPhaseDefinition['output']) => builderOf({ ...sofar, output }, retry),
    build: () => checked(sofar),
  };
  return builder as unknown as TwoPhaseBranches<Input, unknown>;
}

/** The arguments of `branch`, their types left behind. */
export type LooseBranch = readonly [
  name: string,
  operation: Operation,
  map: (context: never) => unknown,
  timing?: Timing,
];

/** A branch with every default filled in; `retry` is its group's. */
export function resolveBranch(
  [name, operation, map, timing = {}]: LooseBranch,
  { maxAttempts, initialMs, factor, capMs }: GroupRetry,
): BranchDefinition {
  const own = { ...{ maxAttempts, initialMs, factor, capMs }, ...timing.retry };
  const timeoutMs = timing.timeoutMs ?? DEFAULT_STEP_TIMEOUT_MS;
  return { name, command: { mapping: { operation, map }, timeoutMs, retry: own } };
}

function checked(definition: TwoPhaseDefinition): TwoPhaseDefinition {
  const { name, deadlineMs, input } = definition;
  const fail: Fail = (why) => {
    throw new DefinitionError(`two-phase ${name}: ${why}`);
  };
  checkHead(definition, fail);
  checkGroup(definition, { deadlineMs, maxBranches: MAX_BRANCHES, fail });
  assertUsable(input, `two-phase ${name}: input`);
  return definition;
}

/** What holds of every group, standing alone or within a saga. */
export function checkGroup(
  { branches, maxRounds }: GroupDefinition,
  on: { readonly deadlineMs: number; readonly maxBranches: number; readonly fail: Fail },
): void {
  const { maxBranches, fail } = on;
  if (branches.length === 0 || branches.length > maxBranches)
    fail(`${branches.length} branches; expected 1 to ${maxBranches}`);
  if (!Number.isSafeInteger(maxRounds) || maxRounds < 1 || maxRounds > MAX_ROUND)
    fail(`maxRounds ${maxRounds} is not a whole number from 1 to ${MAX_ROUND}`);
  const seen = new Set<string>();
  for (const { name, command } of branches) {
    if (!isName(name)) fail(`branch ${name} does not match [a-z][a-z0-9-]{0,40}`);
    if (seen.has(name)) fail(`two branches are named ${name}`);
    seen.add(name);
    checkTiming(`branch ${name}`, command, fail);
    checkOperation(name, command.mapping.operation, on);
  }
}

function checkOperation(
  branch: string,
  { rest, reservationTtlMs, participant, operation }: Operation,
  { deadlineMs, fail }: { readonly deadlineMs: number; readonly fail: Fail },
): void {
  if (rest) fail(`branch ${branch}: a plain REST service cannot prepare`);
  const needed = deadlineMs + RESERVATION_MARGIN_MS;
  if (reservationTtlMs !== undefined && reservationTtlMs < needed) {
    fail(
      `branch ${branch}: ${participant}.${operation} holds a reservation for ${reservationTtlMs} ms; ` +
        `the deadline and ${RESERVATION_MARGIN_MS} ms to deliver the decision need ${needed} ms`,
    );
  }
}
