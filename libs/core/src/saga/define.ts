import { DefinitionError } from '../errors.js';
import { isName } from '../ids.js';
import {
  checkHead,
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
import { RETRY_BEFORE_PIVOT, RETRY_FROM_PIVOT } from '../retry.js';
import { assertUsable, type InputOf, type OutputOf, type Schema } from '../schema.js';
import { MAX_BRANCHES } from '../two-phase/define.js';
import {
  checkAtomic,
  kindOf,
  resolveGroup,
  undoOf,
  type AtomicBranches,
  type AtomicGroup,
  type AtomicOptions,
  type AtomicStart,
  type GroupKind,
  type LooseGroup,
  type Undoable,
  type WithMaybe,
} from './atomic-group.js';

export type StepKind = 'compensatable' | 'pivot' | 'retriable';

/** A step of one participant. */
export interface PlainStep {
  readonly name: string;
  readonly kind: StepKind;
  readonly action: StepCommand;
  /** Present exactly for compensatable steps. */
  readonly compensation: StepCommand | undefined;
  readonly group?: undefined;
}

/** A step of several participants that commit together or not at all. */
export interface AtomicStep {
  readonly name: string;
  /** Compensatable exactly when its branches have compensations. */
  readonly kind: GroupKind;
  readonly group: AtomicGroup;
  readonly action?: undefined;
  readonly compensation?: undefined;
}

export type StepDefinition = PlainStep | AtomicStep;

/** A saga as data and pure functions. It can be drawn, hashed, linted and exported; see `describe`. */
export interface SagaDefinition<out Input = unknown> {
  readonly protocol: 'saga';
  readonly name: string;
  readonly version: number;
  readonly input: Schema<unknown, unknown>;
  readonly deadlineMs: number;
  readonly steps: readonly StepDefinition[];
  readonly output: ((context: MappingContext<never, never>) => unknown) | undefined;
  /** Carries the input's type, never a value. */
  readonly phantom?: () => Input;
}

interface SagaOptions<S extends Schema> {
  /** A whole number from 1; a definition never changes under its version. */
  readonly version: number;
  readonly input: S;
  /** Ms from the start until a saga that has not reached its pivot turns back. Default 10 minutes. */
  readonly deadlineMs?: number;
}

interface Forward<Input, Replies, Request, Reply> extends Timing {
  readonly action: MappedCommand<MappingContext<Input, Replies>, Request, Reply>;
}

type With<Replies, Name extends string, Reply> = Replies & { readonly [N in Name]: Reply };

/** Ends a definition. */
interface Finish<Input, Replies> {
  /** What the whole saga answers; a pure function of input and replies. */
  output(map: (context: MappingContext<Input, Replies>) => unknown): Buildable<Input>;
  build(): SagaDefinition<Input>;
}

interface Buildable<Input> {
  /**
   * @throws DefinitionError for bad or repeated names, an unusable schema, version, time or retry policy,
   *   no step or more than 100, more than 12 branches, or a group that can be no step.
   */
  build(): SagaDefinition<Input>;
}

/** Before the pivot every step can be undone. */
export interface BeforePivot<Input, Replies> extends AfterPivot<Input, Replies> {
  compensatable<Name extends string, Request, Reply, Undo>(
    name: Name,
    step: Forward<Input, Replies, Request, Reply> &
      Undoable<MappingContext<Input, WithMaybe<Replies, Name, Reply>>, Undo>,
  ): BeforePivot<Input, With<Replies, Name, Reply>>;
  /**
   * A two-phase group as one step: its branches commit together or not at all. Without compensations it is
   * the pivot; with one for each branch it is compensatable. Its replies are those of its branches, by
   * branch name; a branch that voted read-only has one only if it came with its vote.
   */
  atomically<Kind extends GroupKind, Added>(
    name: string,
    branches: (group: AtomicStart<Input, Replies>) => AtomicBranches<Kind, Input, Replies, Added>,
    options?: AtomicOptions,
  ): AfterAtomic<Input, Replies & Added>[Kind];
  pivot<Name extends string, Request, Reply>(
    name: Name,
    step: Forward<Input, Replies, Request, Reply>,
  ): AfterPivot<Input, With<Replies, Name, Reply>>;
}

interface AfterAtomic<Input, Replies> {
  readonly pivot: AfterPivot<Input, Replies>;
  readonly compensatable: BeforePivot<Input, Replies>;
}

/** After it there is no way back: every step is retried until it succeeds. */
export interface AfterPivot<Input, Replies> extends Finish<Input, Replies> {
  retriable<Name extends string, Request, Reply>(
    name: Name,
    step: Forward<Input, Replies, Request, Reply>,
  ): AfterPivot<Input, With<Replies, Name, Reply>>;
}

export const DEFAULT_DEADLINE_MS = 600_000;
export const MAX_STEPS = 100;

type LooseStep = Timing & { readonly action: LooseCommand } & Partial<
    Omit<Undoable<never, never>, 'compensation'> & { readonly compensation: LooseCommand }
  >;

/**
 * Starts a saga definition. Its grammar, `compensatable* pivot? retriable*`, and its data flow are
 * checked by the compiler (Garcia-Molina & Salem 1987; Richardson, "Microservices Patterns", ch. 4).
 */
export function saga<const S extends Schema>(
  name: string,
  options: SagaOptions<S>,
): BeforePivot<OutputOf<S>, unknown> {
  return builderOf({
    protocol: 'saga',
    name,
    version: options.version,
    input: options.input,
    deadlineMs: options.deadlineMs ?? DEFAULT_DEADLINE_MS,
    steps: [],
    output: undefined,
  });
}

/** Every call gives a new builder: a beginning may be shared by several sagas. */
function builderOf<Input>(sofar: SagaDefinition): BeforePivot<Input, unknown> {
  const add = (kind: StepKind) => (stepName: string, step: LooseStep) =>
    builderOf({ ...sofar, steps: [...sofar.steps, resolveStep(kind, stepName, step)] });
  const builder = {
    compensatable: add('compensatable'),
    pivot: add('pivot'),
    atomically: (stepName: string, branches: LooseGroup, options?: AtomicOptions) => {
      const group = resolveGroup(branches, options);
      const step: AtomicStep = { name: stepName, kind: kindOf(group) ?? 'pivot', group };
      return builderOf({ ...sofar, steps: [...sofar.steps, step] });
    },
    retriable: add('retriable'),
    output: (output: SagaDefinition['output']) => builderOf({ ...sofar, output }),
    build: (): SagaDefinition => checked(sofar),
  };
  return builder as unknown as BeforePivot<Input, unknown>;
}

/** What a caller may pass to start `definition`. */
export type SagaInput<S extends Schema> = InputOf<S>;

function resolveStep(kind: StepKind, name: string, step: LooseStep): PlainStep {
  const timeoutMs = step.timeoutMs ?? DEFAULT_STEP_TIMEOUT_MS;
  const actionRetry = kind === 'compensatable' ? RETRY_BEFORE_PIVOT : RETRY_FROM_PIVOT;
  return {
    name,
    kind,
    action: {
      mapping: mappingOf(step.action),
      timeoutMs,
      retry: { ...actionRetry, ...step.retry },
    },
    compensation: step.compensation && undoOf(step.compensation, step),
  };
}

function checked(definition: SagaDefinition): SagaDefinition {
  const { name, steps } = definition;
  const fail: Fail = (why) => {
    throw new DefinitionError(`saga ${name}: ${why}`);
  };
  checkHead(definition, fail);
  if (steps.length === 0 || steps.length > MAX_STEPS)
    fail(`${steps.length} steps; expected 1 to ${MAX_STEPS}`);
  assertUsable(definition.input, `saga ${name}: input`);
  checkSteps(steps, fail);
  return definition;
}

/** The compiler checks the grammar too, but not for JavaScript. */
const GRAMMAR = /^c*p?r*$/;

function checkSteps(steps: readonly StepDefinition[], fail: Fail): void {
  if (!GRAMMAR.test(steps.map(({ kind }) => kind.charAt(0)).join('')))
    fail('expected compensatable steps, then at most one pivot, then retriable ones');
  checkNames(steps, fail);
  for (const step of steps) {
    if (step.group) checkAtomic(step.name, step.group, fail);
    else checkPlain(step, fail);
  }
}

/** A branch's name stands where a step's does: in commands, replies and history. */
function checkNames(steps: readonly StepDefinition[], fail: Fail): void {
  const seen = new Set<string>();
  for (const step of steps) {
    if (!isName(step.name)) fail(`step ${step.name} does not match [a-z][a-z0-9-]{0,40}`);
    for (const name of [step.name, ...branchesOf(step)]) {
      if (seen.has(name)) fail(`two steps are named ${name}`);
      seen.add(name);
    }
  }
  const branches = steps.flatMap(branchesOf);
  if (branches.length > MAX_BRANCHES)
    fail(`${branches.length} branches in all; expected at most ${MAX_BRANCHES}`);
}

function branchesOf({ group }: StepDefinition): string[] {
  return group?.branches.map(({ name }) => name) ?? [];
}

function checkPlain(step: PlainStep, fail: Fail): void {
  if ((step.kind === 'compensatable') !== (step.compensation !== undefined))
    fail(`step ${step.name}: exactly compensatable steps have a compensation`);
  for (const command of [step.action, step.compensation])
    checkTiming(`step ${step.name}`, command, fail);
}
