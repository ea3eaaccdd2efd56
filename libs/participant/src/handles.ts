import 'reflect-metadata';
import { Catch, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import type { Operation } from '@skald/core';
import { throwError, type Observable } from 'rxjs';
import { RetryLater, StepRejected } from './errors.js';
import type { HandlerContext } from './handler-context.js';

/** The transport id of Skald's strategy: other microservices of the same app do not see its handlers. */
export const SKALD_TRANSPORT = Symbol.for('skald');

type Handler<Request, Reply> = (request: Request, context: HandlerContext) => Promise<Reply>;

/** What Nest keeps beside a handler: the operation it carries out. */
export interface HandlerExtras {
  readonly operation: Operation;
}

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

const thrown = new WeakMap<HandlerContext, unknown>();

/** What the handler itself threw, before any filter replaced it. */
export function thrownIn(context: HandlerContext): unknown {
  return thrown.get(context);
}

/** The pattern under which the handler of an operation is registered. */
export function patternOf(operation: Pick<Operation, 'participant' | 'operation'>): string {
  return `${operation.participant}.${operation.operation}`;
}

/**
 * Marks the method that carries out one operation; the compiler checks it against the contract.
 *
 * The method takes the request and a `HandlerContext` and returns a promise of the reply. Its class
 * must be a `@Controller()` listed under `controllers`: Nest ignores handlers of other providers.
 * Guards, pipes, interceptors and filters apply as to any message handler.
 */
export function Handles<Request, Reply>(operation: Operation<Request, Reply>) {
  return <Method extends Handler<Request, Reply>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    const method = descriptor.value;
    if (!method) throw new TypeError(`@Handles(${patternOf(operation)}): not a method`);
    descriptor.value = remembering(method, key) as Method;
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
    UseFilters(new LetThrough())(target, key, descriptor);
    const extras = { operation: operation as unknown as Operation } satisfies HandlerExtras;
    MessagePattern(patternOf(operation), SKALD_TRANSPORT, extras)(target, key, descriptor);
  };
}

/**
 * The method, keeping what it throws: after the filters a deadlock is no longer recognisable as one,
 * and the reply could not name the cause.
 */
function remembering<Request, Reply>(
  method: Handler<Request, Reply>,
  key: string | symbol,
): Handler<Request, Reply> {
  const wrapper = async function (this: unknown, request: Request, context: HandlerContext) {
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
