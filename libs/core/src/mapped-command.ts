import type { CallableOperation, Operation } from './contract/participant.js';
import { isName } from './ids.js';
import type { RetryPolicy } from './retry.js';

/** What a mapping may use. It must be pure: its result is stored when first sent and never made again. */
export interface MappingContext<Input, Replies> {
  readonly input: Input;
  /** Replies of the steps before this one, by step name; of the branches, where a transaction maps its output. */
  readonly replies: Replies;
  readonly transaction: { readonly id: string };
}

/** One direction of a step, or a branch, resolved: what to send, how long to wait, how often to ask. */
export interface StepCommand {
  readonly mapping: {
    readonly operation: Operation;
    readonly map: (context: never) => unknown;
  };
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
}

/** How long to wait for an answer, and how often to ask. */
export interface Timing {
  /** Ms to wait for an answer to one attempt. Default 10 s. */
  readonly timeoutMs?: number;
  readonly retry?: Partial<RetryPolicy>;
}

/** An operation and the pure mapping that makes its request from what the saga knows so far. */
export type MappedCommand<Context, Request, Reply> = readonly [
  operation: CallableOperation<Request, unknown, Reply>,
  map: (context: Context) => NoInfer<Request>,
];

export const DEFAULT_STEP_TIMEOUT_MS = 10_000;

/** `MappedCommand`, its types left behind. */
export type LooseCommand = readonly [operation: Operation, map: (context: never) => unknown];

/** A mapped command as a definition keeps it. */
export function mappingOf([operation, map]: LooseCommand): StepCommand['mapping'] {
  return { operation, map };
}

/** `participant.operation` of what a command calls. */
export function operationName({ mapping }: StepCommand): string {
  return `${mapping.operation.participant}.${mapping.operation.operation}`;
}

/** Refuses a definition. */
export type Fail = (why: string) => never;

/** What every definition has: a name, a version, a deadline. */
export function checkHead(
  head: { readonly name: string; readonly version: number; readonly deadlineMs: number },
  fail: Fail,
): void {
  const { name, version, deadlineMs } = head;
  if (!isName(name)) fail('the name does not match [a-z][a-z0-9-]{0,40}');
  if (!Number.isSafeInteger(version) || version < 1)
    fail(`version ${version} is not a whole number from 1`);
  checkDeadline(deadlineMs, fail);
}

/** Of a whole definition, or of a group in a saga. */
export function checkDeadline(deadlineMs: number, fail: Fail): void {
  if (!isDuration(deadlineMs)) fail(`deadlineMs ${deadlineMs}: ${EXPECTED_DURATION}`);
}

/** `where` names the step or branch in what is said of it. */
export function checkTiming(where: string, command: StepCommand | undefined, fail: Fail) {
  if (!command) return;
  const { timeoutMs, retry } = command;
  if (!isDuration(timeoutMs)) fail(`${where}: timeoutMs ${timeoutMs}: ${EXPECTED_DURATION}`);
  const { maxAttempts, initialMs, capMs, factor } = retry;
  if (!Number.isSafeInteger(maxAttempts) || maxAttempts < 1)
    fail(`${where}: maxAttempts ${maxAttempts} is not a whole number from 1`);
  const isUsable = [initialMs, capMs].every((ms) => ms >= 0 && ms <= MAX_DURATION_MS);
  if (!isUsable || !(factor >= 1)) fail(`${where}: the retry policy is not usable`);
}

/** Longer than any transaction should live, and small enough to be a time of this era. */
const MAX_DURATION_MS = 10 * 365 * 24 * 3_600_000;
const EXPECTED_DURATION = `expected more than 0 and at most ${MAX_DURATION_MS} ms`;

function isDuration(ms: number): boolean {
  return ms > 0 && ms <= MAX_DURATION_MS;
}
