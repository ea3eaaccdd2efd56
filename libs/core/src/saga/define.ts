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
import { RETRY_BEFORE_PIVOT, RETRY_FROM_PIVOT, type RetryPolicy } from '../retry.js';
import { assertUsable, type InputOf, type OutputOf, type Schema } from '../schema.js';

export type StepKind = 'compensatable' | 'pivot' | 'retriable';

export interface StepDefinition {
  readonly name: string;
  readonly kind: StepKind;
  readonly action: StepCommand;
  /** Present exactly for compensatable steps. */
  readonly compensation: StepCommand | undefined;
}

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

interface Undoable<Context, Undo> {
  readonly compensation: MappedCommand<Context, Undo, unknown>;
  readonly compensationTimeoutMs?: number;
  readonly compensationRetry?: Partial<RetryPolicy>;
}

/** In its compensation a step's own reply is undefined when the outcome of the action is unknown. */
type WithMaybe<Replies, Name extends string, Reply> = Replies & {
  readonly [N in Name]: NoInfer<Reply> | undefined;
};

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
   *   no step or more than 100.
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
  pivot<Name extends string, Request, Reply>(
    name: Name,
    step: Forward<Input, Replies, Request, Reply>,
  ): AfterPivot<Input, With<Replies, Name, Reply>>;
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
    retriable: add('retriable'),
    output: (output: SagaDefinition['output']) => builderOf({ ...sofar, output }),
    build: (): SagaDefinition => checked(sofar),
  };
  return builder as unknown as BeforePivot<Input, unknown>;
}

/** What a caller may pass to start `definition`. */
export type SagaInput<S extends Schema> = InputOf<S>;

function resolveStep(kind: StepKind, name: string, step: LooseStep): StepDefinition {
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
    compensation: step.compensation && {
      mapping: mappingOf(step.compensation),
      timeoutMs: step.compensationTimeoutMs ?? timeoutMs,
      retry: { ...RETRY_FROM_PIVOT, ...step.compensationRetry },
    },
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
  const seen = new Set<string>();
  for (const step of steps) {
    if (!isName(step.name)) fail(`step ${step.name} does not match [a-z][a-z0-9-]{0,40}`);
    if (seen.has(step.name)) fail(`two steps are named ${step.name}`);
    seen.add(step.name);
    if ((step.kind === 'compensatable') !== (step.compensation !== undefined))
      fail(`step ${step.name}: exactly compensatable steps have a compensation`);
    for (const command of [step.action, step.compensation])
      checkTiming(`step ${step.name}`, command, fail);
  }
}
