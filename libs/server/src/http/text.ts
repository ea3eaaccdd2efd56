import { z } from 'zod';

/** NUL and lone surrogates: what PostgreSQL refuses in a text column. */
const UNSTORABLE = /[\0\p{Cs}]/u;

/** Text that can be stored: 1 to `most` characters, without NUL and lone surrogates. */
export function storableText(most: number) {
  return z
    .string()
    .min(1)
    .max(most)
    .refine((text) => !UNSTORABLE.test(text), 'expected text without NUL and lone surrogates');
}

/** Name of a definition, participant, step or operation. */
export const Name = z
  .string()
  .max(41)
  .regex(/^[a-z][a-z0-9-]{0,40}$/, 'expected a name ([a-z][a-z0-9-]{0,40})');
