import type { Schemas } from '../api/client.js';
import { duration } from '../ui/time-format.js';

type Item = Schemas['TransactionItem'];
type Waiting = Item['waitingFor'][number];

/** What a transaction waits for, in words: `payment.charge, attempt 3 of 8, next in 12 s`. */
export function waitingWords(waiting: Waiting, now: number): string {
  const { participant, operation, attempt, maxAttempts, nextAttemptAt, direction } = waiting;
  const what = `${participant}.${operation}${direction === 'bar' ? ' (barring it)' : ''}`;
  // A decision is told for as long as it takes.
  const most = maxAttempts === null ? '' : ` of ${maxAttempts}`;
  const tried = attempt === 1 ? '' : `, attempt ${attempt}${most}`;
  const inMs = nextAttemptAt === null ? 0 : Date.parse(nextAttemptAt) - now;
  const next = attempt > 1 && inMs > 0 ? `, next in ${duration(inMs)}` : '';
  return `${what}${tried}${next}`;
}

/** Why it turned back, in words: `charge-card was rejected: card-declined`. */
export function failureWords(failure: NonNullable<Item['failure']>): string {
  const { step, outcome, reason } = failure;
  if (outcome === 'cancelled') return `cancelled: ${reason}`;
  if (outcome === 'deadline-passed') return 'its deadline passed';
  return `${step ?? 'a step'} ${outcome === 'rejected' ? 'was rejected' : 'failed'}: ${reason}`;
}

/** Reasons to be parked, as an operator would say them. */
const PARKED: Readonly<Record<string, string>> = {
  'attempts-exhausted': 'all attempts failed',
  'outcome-unknown': 'the outcome is not known',
  'retriable-rejected': 'a step behind the point of no return was rejected',
  'compensation-rejected': 'a compensation was rejected',
  'mapping-failed': 'the definition could not compute a request',
  'definition-missing': 'no coordinator has its definition',
  'protocol-error': 'a participant broke the protocol',
  'invariant-broken': 'an invariant of Skald does not hold',
  'barrier-expired': "the participant's barrier no longer remembers it",
  'in-doubt': 'a decision could not be delivered',
  'heuristic-mixed': 'a participant decided otherwise',
};

export function parkedWords(reason: string): string {
  return PARKED[reason] ?? reason;
}

/** One line on where a transaction stands; empty when its status says it all. */
export function summaryOf(item: Item, now: number): string {
  const [waiting] = item.waitingFor;
  if (item.parked) {
    const where = waiting ? ` (${waiting.participant}.${waiting.operation})` : '';
    return `${parkedWords(item.parked.reason)}${where}`;
  }
  const why = item.failure ? failureWords(item.failure) : '';
  if (!waiting) return why;
  const more = item.waitingFor.length > 1 ? ` and ${item.waitingFor.length - 1} more` : '';
  const waits = `waiting for ${waitingWords(waiting, now)}${more}`;
  return why === '' ? waits : `${why}; ${waits}`;
}
