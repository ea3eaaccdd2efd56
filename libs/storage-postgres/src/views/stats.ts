import type { ParkedReason } from '@skald/core';
import {
  Durations,
  type DefinitionUse,
  type DurationCounts,
  type Incarnation,
  type Stats,
  type StatsBucket,
  type StatsRequest,
  type StatisticsRow,
} from '@skald/engine';
import { Values, type Reader } from './reader.js';

const HOUR_MS = 3_600_000;

/** For how long rows of a width are kept. */
const RETENTION = { minute: '8 days', hour: '400 days' };

interface StatisticsRead {
  readonly at: number;
  readonly definition: string;
  readonly started: number;
  readonly completed: number;
  readonly compensated: number;
  readonly parked: number;
  readonly durations: DurationCounts;
}

/** Of whole hours from the full hour on, hours are read; of anything else minutes. */
export async function stats(reader: Reader, request: StatsRequest): Promise<Stats> {
  const [rows, parkedByReason] = await Promise.all([
    rowsOf(reader, request),
    parkedReasons(reader),
  ]);
  return { buckets: bucketsOf(rows, request), parkedByReason };
}

function rowsOf(
  reader: Reader,
  { from, to, bucketMs, definition }: StatsRequest,
): Promise<StatisticsRead[]> {
  const isHourly = from % HOUR_MS === 0 && bucketMs % HOUR_MS === 0;
  const values = new Values();
  const ofDefinition = definition === undefined ? 'true' : `definition = ${values.add(definition)}`;
  return reader.rows<StatisticsRead & object>(
    `select at, definition, started, completed, compensated, parked, durations from statistics
      where width = ${values.add(isHourly ? 'hour' : 'minute')}
        and at >= ${values.time(from)} and at < ${values.time(to)} and ${ofDefinition}`,
    values.list,
  );
}

/** Rows of all instances added up. */
function bucketsOf(
  rows: readonly StatisticsRead[],
  { from, bucketMs }: StatsRequest,
): StatsBucket[] {
  const sums = new Map<string, Sum>();
  for (const row of rows) {
    const at = from + Math.floor((row.at - from) / bucketMs) * bucketMs;
    const key = `${at} ${row.definition}`;
    const sum = sums.get(key) ?? new Sum(at, row.definition);
    sum.add(row);
    sums.set(key, sum);
  }
  return [...sums.values()]
    .map((sum) => sum.bucket())
    .sort((a, b) => a.at - b.at || (a.definition < b.definition ? -1 : 1));
}

class Sum {
  private readonly counts = { started: 0, completed: 0, compensated: 0, parked: 0 };
  private readonly durations = new Durations();

  constructor(
    private readonly at: number,
    private readonly definition: string,
  ) {}

  add({ durations, started, completed, compensated, parked }: StatisticsRead): void {
    this.counts.started += started;
    this.counts.completed += completed;
    this.counts.compensated += compensated;
    this.counts.parked += parked;
    this.durations.merge(durations);
  }

  bucket(): StatsBucket {
    const { at, definition, counts, durations } = this;
    const [p50Ms, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map((q) => durations.quantile(q)) as [
      number | null,
      number | null,
      number | null,
    ];
    return { at, definition, ...counts, p50Ms, p95Ms, p99Ms };
  }
}

/** The same rows twice leave what they leave once. */
export async function recordStatistics(
  reader: Reader,
  writer: Incarnation,
  rows: readonly StatisticsRow[],
): Promise<void> {
  const column = (key: keyof StatisticsRow) => rows.map((row) => row[key]);
  await reader.rows(
    `insert into statistics as s (writer, width, at, definition, started, completed, compensated,
                                  parked, durations)
     select $1::integer, r.* from unnest($2::text[], $3::timestamptz[], $4::text[], $5::integer[],
       $6::integer[], $7::integer[], $8::integer[], $9::json[]) as r
     on conflict (width, at, definition, writer) do update
        set started = excluded.started, completed = excluded.completed,
            compensated = excluded.compensated, parked = excluded.parked,
            durations = excluded.durations`,
    [
      writer,
      column('width'),
      rows.map(({ at }) => new Date(at)),
      ...[column('definition'), column('started'), column('completed'), column('compensated')],
      column('parked'),
      rows.map(({ durations }) => JSON.stringify(durations)),
    ],
  );
}

/** Deletes rows that are older than their width is kept. */
export async function forgetStatistics(reader: Reader): Promise<void> {
  await reader.rows(
    `delete from statistics
      where (width = 'minute' and at < now() - $1::interval)
         or (width = 'hour' and at < now() - $2::interval)`,
    [RETENTION.minute, RETENTION.hour],
  );
}

/** More parked ones than that are told apart by the newest ids alone: somebody has other worries then. */
const LOOKED_AT = 10_000;

async function parkedReasons(reader: Reader): Promise<Stats['parkedByReason']> {
  const rows = await reader.rows<{ reason: ParkedReason | null; count: number }>(
    `select state::json #>> '{k,reason}' as reason, count(*) as count
       from (select t.state from transaction as t where t.status = 'parked'
              order by t.id desc limit $1) as parked
      group by 1`,
    [LOOKED_AT],
  );
  return Object.fromEntries(rows.map(({ reason, count }) => [reason ?? 'protocol-error', count]));
}

/** Parked ones count: their definition is still needed. */
export function runningByDefinition(reader: Reader): Promise<DefinitionUse[]> {
  return reader.rows(`
    select s.protocol, s.definition as name, s.definition_version as version,
           encode(s.definition_hash, 'hex') as hash, count(*) as open
      from transaction as t join transaction_start as s using (id)
     where t.ended_at is null
     group by 1, 2, 3, 4 order by 2, 3, 4`);
}
