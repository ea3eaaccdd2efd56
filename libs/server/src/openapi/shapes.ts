import { z } from 'zod';

/** A page of a list. */
export function listOf(item: z.ZodType) {
  return z.strictObject({
    items: z.array(item),
    nextCursor: z.string().nullable().describe('For the next page; null on the last.'),
  });
}

/** For routes without query parameters: any is refused. */
export const NO_QUERY = z.strictObject({});
