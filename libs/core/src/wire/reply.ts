/** A participant's yes to prepare (two-phase commit). A rejection is its no. */
export type Vote = 'commit' | 'read-only';

export function isVote(value: unknown): value is Vote {
  return value === 'commit' || value === 'read-only';
}

/** What a participant answers to one command: the `data` of a `skald.reply.v1` event. */
export type Reply =
  | { readonly outcome: 'succeeded'; readonly reply: unknown; readonly vote?: Vote }
  | { readonly outcome: 'rejected'; readonly reason: string; readonly detail?: string }
  | {
      readonly outcome: 'failed';
      readonly reason: string;
      readonly detail?: string;
      readonly retryAfterMs?: number;
      /** Asking again cannot help (401, 404 …): parked at once, never taken for a business no. */
      readonly misconfigured?: boolean;
    }
  | { readonly outcome: 'barred' | 'expired' | 'hazard' | 'heuristic-commit' | 'heuristic-abort' };

/** Whether `value` has the shape of a reply. Never throws. */
export function isReply(value: unknown): value is Reply {
  if (typeof value !== 'object' || value === null) return false;
  const { outcome, reason, detail } = value as Record<string, unknown>;
  if (outcome === 'succeeded') return true;
  if (outcome !== 'rejected' && outcome !== 'failed') {
    return typeof outcome === 'string' && BARE.has(outcome);
  }
  return typeof reason === 'string' && (detail === undefined || typeof detail === 'string');
}

export type Outcome = Reply['outcome'];

const BARE: ReadonlySet<string> = new Set([
  'barred',
  'expired',
  'hazard',
  'heuristic-commit',
  'heuristic-abort',
]);

/** The reply in `data` (already parsed JSON), or undefined when it is none. Never throws. */
export function asReply(data: unknown): Reply | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { outcome, reason } = data as Record<string, unknown>;
  if (typeof outcome !== 'string') return undefined;
  if (outcome === 'succeeded') return asSucceeded(data);
  if (outcome === 'rejected' || outcome === 'failed') {
    return typeof reason === 'string' ? asRefusal(outcome, reason, data) : undefined;
  }
  return BARE.has(outcome) ? ({ outcome } as Reply) : undefined;
}

function asSucceeded(data: { readonly reply?: unknown; readonly vote?: unknown }): Reply {
  const reply = data.reply === undefined ? {} : data.reply;
  const { vote } = data;
  return isVote(vote) ? { outcome: 'succeeded', reply, vote } : { outcome: 'succeeded', reply };
}

/** Either of both, while it is put together. */
interface Refusal {
  outcome: 'rejected' | 'failed';
  reason: string;
  detail?: string;
  retryAfterMs?: number;
}

function asRefusal(
  outcome: 'rejected' | 'failed',
  reason: string,
  data: { readonly detail?: unknown; readonly retryAfterMs?: unknown },
): Reply {
  const { detail, retryAfterMs } = data;
  const refusal: Refusal = { outcome, reason };
  if (typeof detail === 'string') refusal.detail = detail;
  if (outcome === 'failed' && typeof retryAfterMs === 'number' && retryAfterMs >= 0) {
    refusal.retryAfterMs = retryAfterMs;
  }
  return refusal;
}
