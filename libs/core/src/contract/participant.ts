import { DefinitionError } from '../errors.js';
import { isName } from '../ids.js';
import { assertUsable, validate, type InputOf, type OutputOf, type Schema } from '../schema.js';

/** Where an existing HTTP service offers an operation (plain REST binding). It has no barrier. */
export interface RestBinding {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below the registered origin; `{field}` is replaced by that field of the request, percent-encoded. */
  readonly path: string;
  /** Statuses that mean a final no, besides 400, 409, 410 and 422. */
  readonly rejectedStatuses?: readonly number[];
  /** Statuses that mean it is done already, for compensations (for example 404 and 410). */
  readonly doneStatuses?: readonly number[];
}

/** One operation of a participant: what it takes and what it answers. The schemas are the wire format. */
export interface Operation<Request = unknown, Reply = unknown> {
  readonly participant: string;
  readonly operation: string;
  readonly request: Schema<unknown, Request>;
  readonly reply: Schema<unknown, Reply>;
  readonly rest: RestBinding | undefined;
  /** TCC: how long, in ms, a try holds what it reserved without a confirm or cancel; undefined: until one comes. */
  readonly reservationTtlMs: number | undefined;
}

/** A request made for an operation, as a value. */
export interface Command<Reply = unknown> {
  readonly operation: Operation<unknown, Reply>;
  readonly body: unknown;
}

interface OperationShape {
  readonly request: Schema;
  readonly reply: Schema;
  readonly rest?: RestBinding;
  readonly reservationTtlMs?: number;
}

/** An operation that can be called to make a command. */
export interface CallableOperation<RequestIn, Request, Reply> extends Operation<Request, Reply> {
  /** A command with this body. @throws TypeError when the body does not match the request's schema. */
  (body: RequestIn): Command<Reply>;
}

export type Contract<S extends Record<string, OperationShape>> = {
  readonly [Name in keyof S]: CallableOperation<
    InputOf<S[Name]['request']>,
    OutputOf<S[Name]['request']>,
    OutputOf<S[Name]['reply']>
  >;
};

/**
 * Declares a participant once; its handlers, its callers and its documentation all derive from this.
 *
 * @throws DefinitionError for a name outside `[a-z][a-z0-9-]{0,40}` or a schema that validates
 *   asynchronously or offers no JSON Schema.
 */
export function participant<const S extends Record<string, OperationShape>>(
  name: string,
  shape: S,
): Contract<S> {
  if (!isName(name))
    throw new DefinitionError(`participant ${name}: not a name ([a-z][a-z0-9-]{0,40})`);
  const entries = Object.entries<OperationShape>(shape);
  return Object.fromEntries(
    entries.map(([operation, parts]) => [operation, callable(name, operation, parts)]),
  ) as unknown as Contract<S>;
}

function callable(participantName: string, name: string, shape: OperationShape) {
  const where = `${participantName}.${name}`;
  if (!isName(name))
    throw new DefinitionError(`operation ${where}: not a name ([a-z][a-z0-9-]{0,40})`);
  const { reservationTtlMs = 1 } = shape;
  if (!(reservationTtlMs > 0))
    throw new DefinitionError(`operation ${where}: reservationTtlMs is not more than 0`);
  assertUsable(shape.request, `${where}.request`);
  assertUsable(shape.reply, `${where}.reply`);
  const operation = (body: unknown): Command => {
    const checked = validate(shape.request, body);
    if (!checked.ok) {
      const wrong = checked.errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`);
      throw new TypeError(`request of ${where}: ${wrong.join('; ')}`);
    }
    return { operation: operation as unknown as Operation, body };
  };
  return Object.assign(operation, {
    participant: participantName,
    operation: name,
    request: shape.request,
    reply: shape.reply,
    rest: shape.rest,
    reservationTtlMs: shape.reservationTtlMs,
  });
}
