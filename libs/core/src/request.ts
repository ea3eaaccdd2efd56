import { describeThrown, type FieldError } from './errors.js';
import type { StepCommand } from './mapped-command.js';
import { validate, type Validated } from './schema.js';
import type { Payloads, Produced, Transaction } from './transaction.js';

/** What a definition's mappings are given. */
export function contextOf(id: string, { input, replies }: Payloads): never {
  return { input, replies, transaction: { id } } as never;
}

/** @throws TypeError for what is no JSON value. */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError('expected a JSON value');
  return json;
}

/** The request of `command` as JSON, mapped and checked by its contract; `key` names it in what is said of it. */
export function mapRequest(
  command: StepCommand,
  context: never,
  key: string,
): { readonly body: string } | { readonly problem: string } {
  try {
    const body = command.mapping.map(context);
    const checked = validate(command.mapping.operation.request, body);
    if (checked.ok) return { body: toJson(body) };
    return { problem: `${key}: the request breaks its contract: ${listErrors(checked.errors)}` };
  } catch (error) {
    return { problem: `${key}: ${describeThrown(error)}` };
  }
}

/** A reply as the contract of `command` gives it. On replay it was accepted under `name`, or not, as recorded. */
export function checkReply(
  command: StepCommand,
  reply: unknown,
  on: { readonly name: string; readonly recorded: Produced | undefined },
): Validated<unknown> {
  const checked = validate(command.mapping.operation.reply, reply);
  if (!on.recorded) return checked;
  if (on.recorded.replyOf !== on.name) return { ok: false, errors: [] };
  return checked.ok ? checked : { ok: true, value: reply };
}

/** What the whole transaction answers, as JSON; on replay as recorded. */
export function mapOutput(
  output: ((context: never) => unknown) | undefined,
  { id, payloads }: Transaction<unknown>,
  recorded: Produced | undefined,
): { readonly json: string } | { readonly problem: string } {
  if (recorded) {
    const { output: json } = recorded;
    return json === null ? { problem: recorded.problem ?? '' } : { json };
  }
  try {
    return { json: toJson(output ? output(contextOf(id, payloads)) : {}) };
  } catch (error) {
    return { problem: `output: ${describeThrown(error)}` };
  }
}

/** Wrong fields in one line. */
export function listErrors(errors: readonly FieldError[]): string {
  return errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`).join('; ');
}
