/** When a command is asked again, and how often. Backoff is capped exponential with full jitter. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly initialMs: number;
  readonly factor: number;
  readonly capMs: number;
}

/** Before the pivot a step gives up after a while: the saga can still turn back. */
export const RETRY_BEFORE_PIVOT: RetryPolicy = {
  maxAttempts: 20,
  initialMs: 200,
  factor: 2,
  capMs: 5_000,
};

/** From the pivot on, and for compensations, giving up means that a human is needed. */
export const RETRY_FROM_PIVOT: RetryPolicy = { ...RETRY_BEFORE_PIVOT, maxAttempts: 50 };

/**
 * The pause in ms after the attempt numbered `attempt` (1-based): a share `entropy` in [0, 1) of the
 * capped exponential (full jitter, Brooker, "Exponential Backoff And Jitter").
 */
export function backoffMs(policy: RetryPolicy, attempt: number, entropy: number): number {
  const exponent = Math.min(attempt - 1, 52);
  const ceiling = Math.min(policy.capMs, policy.initialMs * policy.factor ** exponent);
  const chance: unknown = entropy; // Events may be anything; NaN would end as a time that is none.
  const share = typeof chance === 'number' && chance >= 0 && chance < 1 ? chance : 1;
  return Math.floor(ceiling * share);
}

const MAX_RETRY_AFTER_MS = 3_600_000;

/** The pause in ms after `attempt` failed: its backoff, or longer where the participant asked for that. */
export function waitMsAfter(
  policy: RetryPolicy,
  attempt: number,
  failed: { readonly error: { readonly retryAfterMs?: number }; readonly entropy: number },
): number {
  const wished: unknown = failed.error.retryAfterMs;
  const isWish = typeof wished === 'number' && wished > 0; // Not NaN.
  const asked = isWish ? Math.min(wished, MAX_RETRY_AFTER_MS) : 0;
  return Math.max(backoffMs(policy, attempt, failed.entropy), asked);
}
