import type { ListFilter } from '../api/filter.js';
import { STATUSES } from '../api/status.js';
import { z } from '../api/zod.js';

const MINUTE_MS = 60_000;

/** Time ranges that end now, by their names in the URL. */
export const RANGES = {
  '15m': { label: 'Last 15 minutes', ms: 15 * MINUTE_MS },
  '1h': { label: 'Last hour', ms: 60 * MINUTE_MS },
  '24h': { label: 'Last 24 hours', ms: 1_440 * MINUTE_MS },
  '7d': { label: 'Last 7 days', ms: 10_080 * MINUTE_MS },
} as const;

export type Range = keyof typeof RANGES;

const text = z.catch(z.optional(z.string()), undefined);

/** One value or several; what is none of `item` is dropped, not refused: URLs are typed by hand, too. */
function listOf<Item extends z.ZodMiniType>(item: Item) {
  const read = (value: unknown): z.output<Item>[] =>
    [value].flat().flatMap((one) => {
      const result = z.safeParse(item, one);
      return result.success ? [result.data] : [];
    });
  return z.optional(z.transform(read));
}

const ListSearch = z.object({
  status: listOf(z.enum(STATUSES)),
  definition: text,
  participant: text,
  step: text,
  label: listOf(z.string()),
  q: text,
  range: z.catch(z.optional(z.enum(['15m', '1h', '24h', '7d'])), undefined),
  from: text,
  to: text,
  columns: listOf(z.string()),
});

/** Filters of the list as its URL carries them. */
export type ListSearch = z.output<typeof ListSearch>;

export function listSearchOf(parameters: Readonly<Record<string, unknown>>): ListSearch {
  return z.parse(ListSearch, parameters);
}

/** The API's filter for a search. `now`, ms; a range begins at a whole minute, so that it stays equal. */
export function filterOf(search: ListSearch, now: number): ListFilter {
  const { range, columns: _columns, status = [], label = [], ...others } = search;
  const from = range ? startOf(range, now) : others.from;
  const given = Object.entries({ ...others, from }).filter(([, value]) => value);
  return {
    ...Object.fromEntries(given),
    ...(status.length > 0 && { status }),
    ...(label.length > 0 && { label }),
  };
}

function startOf(range: Range, now: number): string {
  const ms = Math.floor((now - RANGES[range].ms) / MINUTE_MS) * MINUTE_MS;
  return new Date(ms).toISOString();
}

/** Whether anything narrows the list. */
export function isFiltered({ columns: _columns, ...filters }: ListSearch): boolean {
  return Object.values(filters).some((value) => value !== undefined && value.length > 0);
}
