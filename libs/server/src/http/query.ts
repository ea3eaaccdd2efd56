import { z } from 'zod';
import { checked } from './field-errors.js';

/** Most items of one page. */
export const MAX_PAGE = 200;

/** A query parameter that may be given more than once. */
export function many<S extends z.ZodType>(schema: S) {
  return z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(schema).max(20).optional(),
  );
}

/** A whole number written in digits. */
export function digits(least: number, most: number) {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value),
    z.int().min(least).max(most),
  );
}

/** A switch, off when left out: `?preview=true`. */
export const Flag = z
  .enum(['true', 'false'])
  .optional()
  .transform((text) => text === 'true');

/** A point in time, to ms since the epoch. */
export const TimeParameter = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .optional();

/** How lists are paged: `cursor` is opaque, from an earlier page. */
export const PAGE = {
  limit: digits(1, MAX_PAGE).default(50),
  cursor: z
    .string()
    .max(500)
    .regex(/^[\x21-\x7e]+$/, 'expected a cursor of an earlier page')
    .optional(),
};

export const PageQuery = z.strictObject(PAGE);

/** The page that a checked query asks for. */
export function pageOf({ limit, cursor }: { limit: number; cursor?: string | undefined }) {
  return { limit, ...(cursor !== undefined && { cursor }) };
}

/** Query parameters, checked. @throws CoordinatorError REQUEST_INVALID naming each wrong one. */
export function queryOf<Output>(schema: z.ZodType<Output>, query: unknown): Output {
  return checked<Output>(schema, { ...(query as object) });
}
