import { StepRejected } from '@skald/participant';

/** Attempts at which `tok_flaky` breaks down. */
const FLAKY_ATTEMPTS = 2;

/**
 * Stands where a card provider would be asked.
 *
 * @throws StepRejected `card-declined` for `tok_declined`, `card-unknown` for a card it never issued.
 */
export function authorize(card: string): void {
  if (card === 'tok_declined') throw new StepRejected('card-declined', 'the issuer said no');
  if (card !== 'tok_visa' && card !== 'tok_flaky') throw new StepRejected('card-unknown');
}

/** @throws Error at the first two attempts with `tok_flaky`: trouble that passes. */
export function capture(card: string, attempt: number): void {
  if (card === 'tok_flaky' && attempt <= FLAKY_ATTEMPTS) {
    throw new Error(`the connection to the card's issuer broke at attempt ${attempt}`);
  }
}
