/** Every code the API can report, with its HTTP meaning. The docs page and OpenAPI are checked against this table. */
export const PROBLEMS = {
  REQUEST_INVALID: { status: 400, title: 'The request does not match its schema' },
  ORIGIN_NOT_ALLOWED: { status: 403, title: 'The Origin is not that of this server' },
  TRANSACTION_NOT_FOUND: { status: 404, title: 'No such transaction' },
  ROUTE_NOT_FOUND: { status: 404, title: 'No such resource' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The resource does not take this method' },
  STATE_FORBIDS: { status: 409, title: 'The state of the transaction does not allow this' },
  TRANSACTION_GONE: { status: 410, title: 'The transaction ended and its retention is over' },
  VERSION_MISMATCH: { status: 412, title: 'The transaction changed since you looked at it' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is larger than the limit' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, title: 'The media type is not supported' },
  HOST_NOT_ALLOWED: { status: 421, title: 'The Host header is not one of this server' },
  DEFINITION_UNKNOWN: { status: 422, title: 'No definition of that name and version' },
  TRANSACTION_ID_REUSED: { status: 422, title: 'The id belongs to a different request' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The key belongs to a different request' },
  INTERNAL: { status: 500, title: 'An error of the coordinator itself' },
  OVERLOADED: { status: 503, title: 'The coordinator takes no more work right now' },
  PARTICIPANT_UNREACHABLE: { status: 503, title: 'The participant cannot be reached right now' },
  STORE_UNAVAILABLE: { status: 503, title: 'The database cannot be reached right now' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One wrong field of a request: an RFC 6901 pointer into it, and what was expected there. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

interface ProblemContext {
  /** All wrong fields at once, for REQUEST_INVALID. */
  readonly errors?: readonly FieldError[];
  /** Seconds after which trying again makes sense, for the 503s. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** An expected failure, reported to whoever asked. Its code is API: never renamed, only retired. */
export class CoordinatorError extends Error {
  override readonly name = 'CoordinatorError';

  constructor(
    readonly code: ProblemCode,
    detail: string,
    readonly context: ProblemContext = {},
  ) {
    super(detail, 'cause' in context ? { cause: context.cause } : undefined);
  }
}

/** A peer broke the protocol. Its message becomes a dead letter, and the transaction is parked if known. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** A definition or contract that cannot be built as written. Thrown while the program starts, never later. */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError';
}

/** A broken promise of our own code. Never caught to carry on: the transaction is parked and an operator is told. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** What was thrown, in words. Never throws, whatever it is. */
export function describeThrown(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'something without a description was thrown';
  }
}

/** @throws InvariantError naming the `broken` promise unless `condition` holds. */
export function invariant(condition: unknown, broken: string): asserts condition {
  if (!condition) throw new InvariantError(broken);
}
