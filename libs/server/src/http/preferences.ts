import { wrongField } from './field-errors.js';

/** What a `Prefer` header asks for (RFC 7240). What is not understood is ignored, as it demands. */
export interface Preferences {
  /** Seconds to wait for the end, 1 to 60; undefined = none. */
  readonly waitSeconds: number | undefined;
  /** Whether the answer may leave out payloads and steps. */
  readonly isMinimal: boolean;
}

const MAX_WAIT_SECONDS = 60;

export function preferencesIn(header: string | string[] | undefined): Preferences {
  if (header === undefined) return { waitSeconds: undefined, isMinimal: false };
  const text = (typeof header === 'string' ? header : header.join(',')).toLowerCase();
  const wait = /(?:^|,)\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=$|[,;])/.exec(text)?.[1];
  const seconds = Number(wait ?? 0);
  return {
    waitSeconds: seconds > 0 ? Math.min(seconds, MAX_WAIT_SECONDS) : undefined,
    isMinimal: /(?:^|,)\s*return\s*=\s*"?minimal"?\s*(?=$|[,;])/.test(text),
  };
}

/** The `Preference-Applied` header; undefined when there is nothing to say. */
export function preferencesApplied({ waitSeconds, isMinimal }: Preferences): string | undefined {
  const wait = waitSeconds === undefined ? undefined : `wait=${waitSeconds}`;
  if (!isMinimal) return wait;
  return wait === undefined ? 'return=minimal' : `${wait}, return=minimal`;
}

/** The version that an `If-Match` header names. @throws CoordinatorError REQUEST_INVALID when malformed. */
export function ifVersionIn(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const digits = /^"(\d{1,15})"$/.exec(header.trim())?.[1];
  if (digits === undefined) {
    throw wrongField('If-Match', 'expected one quoted version, like "7"', header);
  }
  return Number(digits);
}
