import { sqlStateOf } from './contention.js';

const TABLE = 'skald_inbox';
const UNDEFINED_TABLE = '42P01';
const DAY_MS = 86_400_000;
/** More days than an honest participant ever meets. */
const MAX_REMEMBERED = 1_000;

/** Ms since the epoch, at midnight UTC. */
export function startOfDay(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS;
}

/** The partition that takes the rows of transactions that began on the day of `at`. */
export function partitionOf(at: number): string {
  return `${TABLE}_p${new Date(at).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

/**
 * Which table a statement had best name. Where the day of a transaction has a partition, all its rows lie
 * there, and a statement for it alone is planned once; one for all of them is planned each time.
 */
export class Partitions {
  private readonly missing = new Set<string>();

  /** The partition of all these starts; the whole table where they differ, or have none. */
  tableFor(starts: readonly number[]): string {
    const [first = 0] = starts;
    const day = startOfDay(first);
    const name = partitionOf(first);
    const isOneDay = starts.every((at) => startOfDay(at) === day);
    return isOneDay && !this.missing.has(name) ? name : TABLE;
  }

  /** Whether an error says that `table` is not there; then it is not named again. */
  isMissing(table: string, error: unknown): boolean {
    if (table === TABLE || sqlStateOf(error) !== UNDEFINED_TABLE) return false;
    if (this.missing.size === MAX_REMEMBERED) this.missing.clear();
    this.missing.add(table);
    return true;
  }
}
