import {
  commandId,
  spanIdOf,
  traceparentOf,
  type OutgoingCommand,
  type Reply,
  type RestBinding,
} from '@skald/core';
import type { HttpAnswer, HttpRequest } from './exchange.js';
import { parseRetryAfter } from './retry-after.js';

const REJECTED: ReadonlySet<number> = new Set([400, 409, 410, 422]);
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);
const FIELD = /\{([^{}]*)\}/g;
const REASON = /^[\w.:-]{1,100}$/;
const LONGEST_DETAIL = 1000;

export type FailedReply = Extract<Reply, { outcome: 'failed' }>;

/** A failure that asking again cannot mend: the transaction is parked for a human. */
export function misconfigured(reason: string, detail?: string): FailedReply {
  return {
    outcome: 'failed',
    reason,
    misconfigured: true,
    ...(detail !== undefined && { detail }),
  };
}

/** The request that `command` is to a plain HTTP service, or the reply it gets because there is none. */
export function restRequest(
  command: OutgoingCommand,
  rest: RestBinding,
): { readonly request: HttpRequest } | { readonly reply: Reply } {
  const { direction, transaction, step, body } = command;
  if (direction !== 'action' && direction !== 'compensation') {
    return { reply: misconfigured('no-barrier', `a plain HTTP service knows no ${direction}`) };
  }
  const path = fillPath(rest.path, body);
  if (typeof path !== 'string') return { reply: misconfigured('bad-path', path.detail) };
  const id = commandId(transaction, step, direction);
  const headers = [
    ...['content-type', 'application/json'],
    ...['accept', 'application/json, application/problem+json'],
    ...['idempotency-key', id],
    ...['traceparent', traceparentOf(transaction, spanIdOf(command))],
  ];
  return { request: { method: rest.method, path, headers, body } };
}

/** `{field}` in `template` replaced by that field of the request, percent-encoded as one path segment's part. */
function fillPath(template: string, body: string): string | { readonly detail: string } {
  if (!template.startsWith('/')) return { detail: 'the path does not begin with /' };
  if (!template.includes('{')) return template;
  const request: unknown = JSON.parse(body);
  let detail: string | undefined;
  const path = template.replace(FIELD, (_, field: string) => {
    const value = encodedField(request, field);
    if (value === undefined) detail = `the request has no usable field ${field}`;
    return value ?? '';
  });
  if (detail !== undefined) return { detail };
  // Servers resolve dot segments: a field must not lead out of its place in the path.
  const segments = path.split('?', 1)[0]?.split('/') ?? [];
  if (segments.includes('.') || segments.includes('..')) {
    return { detail: 'a field makes a dot segment of the path' };
  }
  return path;
}

function encodedField(request: unknown, field: string): string | undefined {
  if (typeof request !== 'object' || request === null || !Object.hasOwn(request, field)) {
    return undefined;
  }
  const value = (request as Record<string, unknown>)[field];
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    return undefined;
  }
  const text = String(value);
  // encodeURIComponent throws on half of a surrogate pair.
  return text === '' || /\p{Surrogate}/u.test(text) ? undefined : encodeURIComponent(text);
}

/**
 * What a plain HTTP service's answer means (DESIGN.md section 6). Statuses that the contract lists come
 * first; a status that says that the two sides do not fit is never taken for a business no.
 *
 * @param at Now, ms since the epoch.
 */
export function restReply(
  command: OutgoingCommand,
  { rest, answer, at }: { rest: RestBinding; answer: HttpAnswer; at: number },
): Reply {
  const { status } = answer;
  if (command.direction === 'compensation' && rest.doneStatuses?.includes(status) === true) {
    return { outcome: 'succeeded', reply: {} };
  }
  if (rest.rejectedStatuses?.includes(status) === true || REJECTED.has(status)) {
    return rejected(answer);
  }
  if (status === 202) return misconfigured('accepted-not-supported');
  if (status >= 200 && status < 300) return succeeded(answer);
  if (PASSING.has(status) || status >= 500) return failedOf(answer, at);
  return misconfigured(`http-${status}`);
}

/** Trouble that may pass: asked again, not before the participant said. */
export function failedOf(answer: HttpAnswer, at: number): FailedReply {
  const retryAfterMs = parseRetryAfter(answer.retryAfter, at);
  return {
    outcome: 'failed',
    reason: `http-${answer.status}`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

function succeeded({ body }: HttpAnswer): Reply {
  if (body === '') return { outcome: 'succeeded', reply: {} };
  const reply = parsed(body);
  return reply === undefined
    ? { outcome: 'failed', reason: 'bad-answer' }
    : { outcome: 'succeeded', reply };
}

/** Reason and detail from problem details (RFC 9457) where the service sends them. */
function rejected({ status, body }: HttpAnswer): Reply {
  const problem = parsed(body);
  const { code, detail } = (
    typeof problem === 'object' && problem !== null ? problem : {}
  ) as Record<string, unknown>;
  return {
    outcome: 'rejected',
    reason: typeof code === 'string' && REASON.test(code) ? code : `http-${status}`,
    ...(typeof detail === 'string' && { detail: detail.slice(0, LONGEST_DETAIL) }),
  };
}

/** Undefined for what is not JSON (whose values never are). */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
