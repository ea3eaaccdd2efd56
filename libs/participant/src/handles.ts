import 'reflect-metadata';
import { Catch, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import type { Operation } from '@skald/core';
import { throwError, type Observable } from 'rxjs';
import { RetryLater, StepRejected } from './errors.js';
import type {
  BatchContext,
  BatchEntry,
  DecisionContext,
  HandlerContext,
  PrepareContext,
  TryContext,
} from './handler-context.js';

/** The transport id of Skald's strategy: other microservices of the same app do not see its handlers. */
export const SKALD_TRANSPORT = Symbol.for('skald');

type Handler<Request, Result, Context> = (request: Request, context: Context) => Result;

/** What a handler does for its operation. */
export type Role = 'handles' | 'handlesBatch' | 'prepares' | 'tries' | 'confirms' | 'cancels';

/**
 * Nest's default filter would turn a handler's no into 'Internal server error', and a catch-all filter
 * made for HTTP would break on it; the filter that is nearest to the method comes first.
 */
@Catch(StepRejected, RetryLater)
class LetThrough implements ExceptionFilter {
  catch(error: StepRejected | RetryLater): Observable<never> {
    return throwError(() => error);
  }
}

const thrown = new WeakMap<object, unknown>();

/** What the handler itself threw, before any filter replaced it. */
export function thrownIn(context: object): unknown {
  return thrown.get(context);
}

/** The pattern under which the handler of an operation is registered. */
export function patternOf(
  operation: Pick<Operation, 'participant' | 'operation'>,
  role: Role,
): string {
  return `${operation.participant}.${operation.operation}/${role}`;
}

/**
 * Marks the method that carries out one operation; the compiler checks it against the contract.
 *
 * The method takes the request and a `HandlerContext` and returns a promise of the reply. Its class
 * must be a `@Controller()` listed under `controllers`: Nest ignores handlers of other providers.
 * Guards, pipes, interceptors and filters apply as to any message handler.
 */
export function Handles<Request, Reply>(operation: Operation<Request, Reply>) {
  return register<Request, Promise<Reply>, HandlerContext>(operation, 'handles');
}

/**
 * Marks the method that carries out one operation for many transactions at once; otherwise as `@Handles`, in
 * whose place it stands.
 *
 * The method takes entries (at least one; commands that came together, for the operation) and returns for
 * each, in their order, its reply, or a `StepRejected` for an entry that it wrote nothing for. What it writes
 * for all of them is one database transaction. When it throws, everything is rolled back and the entries come
 * again one by one; compensations, repeats and entries that do not fit the contract always come alone.
 * `handlerTimeoutMs` holds for a batch as for one command.
 */
export function HandlesBatch<Request, Reply>(operation: Operation<Request, Reply>) {
  return register<
    readonly BatchEntry<Request>[],
    Promise<readonly (Reply | StepRejected)[]>,
    BatchContext
  >(operation, 'handlesBatch');
}

/**
 * Marks the method that does the work of a branch of a two-phase transaction; otherwise as `@Handles`.
 *
 * What it writes is prepared in PostgreSQL (`PREPARE TRANSACTION`) when it returns, with all its locks,
 * until the decision comes; its reply goes out with the acknowledgement of commit. `StepRejected` is
 * the vote abort. Where the branch is the only one of its transaction, it is committed at once.
 */
export function Prepares<Request, Reply>(operation: Operation<Request, Reply>) {
  return register<Request, Promise<Reply>, PrepareContext>(operation, 'prepares');
}

/**
 * Marks the method that reserves (TCC's try): what it writes is committed at once, so it must be something
 * that `@Confirms` can keep without a no, and `@Cancels` let go. Its reply goes out with the
 * acknowledgement of commit. `StepRejected` is the vote abort.
 */
export function Tries<Request, Reply>(operation: Operation<Request, Reply>) {
  return register<Request, Promise<Reply>, TryContext>(operation, 'tries');
}

/** Marks the method that keeps what the try of the operation reserved. Only successful tries get here. */
export function Confirms<Request>(operation: Operation<Request>) {
  return register<Request, Promise<void>, DecisionContext>(operation, 'confirms');
}

/** Marks the method that lets go what the try of the operation reserved. Only successful tries get here. */
export function Cancels<Request>(operation: Operation<Request>) {
  return register<Request, Promise<void>, DecisionContext>(operation, 'cancels');
}

function register<Request, Result extends Promise<unknown>, Context extends object>(
  operation: Pick<Operation, 'participant' | 'operation'>,
  role: Role,
) {
  return <Method extends Handler<Request, Result, Context>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    const method = descriptor.value;
    const pattern = patternOf(operation, role);
    if (!method) throw new TypeError(`@${decoratorOf(role)} ${pattern}: not a method`);
    descriptor.value = remembering<Request, Context>(method, key) as Method;
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
    UseFilters(new LetThrough())(target, key, descriptor);
    MessagePattern(pattern, SKALD_TRANSPORT)(target, key, descriptor);
  };
}

/** `@Handles` for `handles`, and so on. */
export function decoratorOf(role: Role): string {
  return `${role.charAt(0).toUpperCase()}${role.slice(1)}`;
}

/**
 * The method, keeping what it throws: after the filters a deadlock is no longer recognisable as one,
 * and the reply could not name the cause.
 */
function remembering<Request, Context extends object>(
  method: Handler<Request, Promise<unknown>, Context>,
  key: string | symbol,
): Handler<Request, Promise<unknown>, Context> {
  const wrapper = async function (this: unknown, request: Request, context: Context) {
    try {
      return await method.call(this, request, context);
    } catch (error) {
      if (typeof context === 'object') thrown.set(context, error);
      throw error;
    }
  };
  Object.defineProperty(wrapper, 'name', { value: String(key) });
  for (const name of Reflect.getMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(name, Reflect.getMetadata(name, method), wrapper);
  }
  return wrapper;
}
