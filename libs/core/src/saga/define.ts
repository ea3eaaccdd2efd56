import type { CallableOperation, Operation } from '../contract/participant.js';
import { DefinitionError } from '../errors.js';
import { isName } from '../ids.js';
import { RETRY_BEFORE_PIVOT, RETRY_FROM_PIVOT, type RetryPolicy } from '../retry.js';
import { assertUsable, type InputOf, type OutputOf, type Schema } from '../schema.js';

export type StepKind = 'compensatable' | 'pivot' | 'retriable';

/** What a mapping may use. It must be pure: its result is stored when first sent and never made again. */
export interface MappingContext<Input, Replies> {
  readonly input: Input;
  /** Replies of the steps before this one, by step name. */
  readonly replies: Replies;
  readonly transaction: { readonly id: string };
}

/** One direction of a step, resolved: what to send, how long to wait, how often to ask. */
export interface StepCommand {
  readonly mapping: {
    readonly operation: Operation;
    readonly map: (context: never) => unknown;
  };
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
}

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

interface Timing {
  /** Ms to wait for an answer to one attempt. Default 10 s. */
  readonly timeoutMs?: number;
  readonly retry?: Partial<RetryPolicy>;
}

/** An operation and the pure mapping that makes its request from what the saga knows so far. */
export type MappedCommand<Context, Request, Reply> = readonly [
  operation: CallableOperation<Request, unknown, Reply>,
  map: (context: Context) => NoInfer<Request>,
];

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

export const DEFAULT_STEP_TIMEOUT_MS = 10_000;
export const DEFAULT_DEADLINE_MS = 600_000;
export const MAX_STEPS = 100;

type LooseCommand = readonly [operation: Operation, map: (context: never) => unknown];
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

function mappingOf([operation, map]: LooseCommand): StepCommand['mapping'] {
  return { operation, map };
}

function checked(definition: SagaDefinition): SagaDefinition {
  const { name, version, steps, deadlineMs } = definition;
  const fail: Fail = (why) => {
    throw new DefinitionError(`saga ${name}: ${why}`);
  };
  if (!isName(name)) fail('the name does not match [a-z][a-z0-9-]{0,40}');
  if (!Number.isSafeInteger(version) || version < 1)
    fail(`version ${version} is not a whole number from 1`);
  if (!isDuration(deadlineMs)) fail(`deadlineMs ${deadlineMs}: ${EXPECTED_DURATION}`);
  if (steps.length === 0 || steps.length > MAX_STEPS)
    fail(`${steps.length} steps; expected 1 to ${MAX_STEPS}`);
  assertUsable(definition.input, `saga ${name}: input`);
  checkSteps(steps, fail);
  return definition;
}

type Fail = (why: string) => never;

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
    for (const command of [step.action, step.compensation]) checkTiming(step.name, command, fail);
  }
}

function checkTiming(step: string, command: StepCommand | undefined, fail: Fail) {
  if (!command) return;
  const { timeoutMs, retry } = command;
  if (!isDuration(timeoutMs)) fail(`step ${step}: timeoutMs ${timeoutMs}: ${EXPECTED_DURATION}`);
  const { maxAttempts, initialMs, capMs, factor } = retry;
  if (!Number.isSafeInteger(maxAttempts) || maxAttempts < 1)
    fail(`step ${step}: maxAttempts ${maxAttempts} is not a whole number from 1`);
  const isUsable = [initialMs, capMs].every((ms) => ms >= 0 && ms <= MAX_DURATION_MS);
  if (!isUsable || !(factor >= 1)) fail(`step ${step}: the retry policy is not usable`);
}

/** Longer than any transaction should live, and small enough to be a time of this era. */
const MAX_DURATION_MS = 10 * 365 * 24 * 3_600_000;
const EXPECTED_DURATION = `expected more than 0 and at most ${MAX_DURATION_MS} ms`;

function isDuration(ms: number): boolean {
  return ms > 0 && ms <= MAX_DURATION_MS;
}
