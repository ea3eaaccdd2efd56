import type { MessageHandler } from '@nestjs/microservices';
import { validate, type Operation } from '@skald/core';
import { isObservable, lastValueFrom } from 'rxjs';
import { ContractBroken } from '../errors.js';
import type { BatchContext, HandlerContext } from '../handler-context.js';
import { thrownIn } from '../handles.js';
import { causeOf } from './failure.js';

/** A handler with all that Nest puts around it. */
export type NestHandler = MessageHandler<unknown, HandlerContext | BatchContext, unknown>;

/**
 * Calls a handler and waits for what it, or a filter, answers.
 *
 * @throws what the handler threw, unless a filter put it in Skald's terms.
 */
export async function call(
  handler: NestHandler,
  request: unknown,
  context: HandlerContext | BatchContext,
): Promise<unknown> {
  try {
    const result: unknown = await handler(request, context);
    return isObservable(result) ? await lastValueFrom(result, { defaultValue: undefined }) : result;
  } catch (error) {
    throw causeOf(error, thrownIn(context));
  }
}

/** The value as the schema gives it. @throws ContractBroken naming all that is wrong with it. */
export function fit(
  schema: Operation['request'],
  value: unknown,
  reason: ContractBroken['reason'],
): unknown {
  const checked = validate(schema, value);
  if (checked.ok) return checked.value;
  const wrong = checked.errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`);
  throw new ContractBroken(reason, wrong.join('; '));
}
