import { z } from '../api/zod.js';

const MINUTE_MS = 60_000;

/** Ranges of the charts, by their names in the URL. */
export const CHART_RANGES = {
  '15m': { label: '15 min', rangeMs: 15 * MINUTE_MS, bucketMs: MINUTE_MS },
  '1h': { label: '1 h', rangeMs: 60 * MINUTE_MS, bucketMs: MINUTE_MS },
  '6h': { label: '6 h', rangeMs: 360 * MINUTE_MS, bucketMs: 5 * MINUTE_MS },
  '24h': { label: '24 h', rangeMs: 1_440 * MINUTE_MS, bucketMs: 15 * MINUTE_MS },
} as const;

export type ChartRange = keyof typeof CHART_RANGES;

const OverviewSearch = z.object({
  range: z.catch(z.optional(z.enum(['15m', '1h', '6h', '24h'])), undefined),
  definition: z.catch(z.optional(z.string()), undefined),
});

/** What of the overview is looked at, as the URL carries it. */
export type OverviewSearch = z.output<typeof OverviewSearch>;

export function overviewSearchOf(parameters: Readonly<Record<string, unknown>>): OverviewSearch {
  return z.parse(OverviewSearch, parameters);
}
