import type { Status } from '@skald/core';

/** Which transactions a list shows; what is left out does not matter. */
export interface ListFilter {
  readonly statuses?: readonly Status[];
  readonly definition?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Started at or after, and before; ms since the epoch. */
  readonly from?: number;
  readonly to?: number;
  /** Participant or step an open transaction waits for. */
  readonly participant?: string;
  readonly step?: string;
  /** Free text: an id or its beginning, or part of a failure's or parked reason. */
  readonly text?: string;
}

export interface Page {
  /** At most 200. */
  readonly limit: number;
  /** Opaque, from an earlier page. */
  readonly cursor?: string;
}

export interface PageOf<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}
