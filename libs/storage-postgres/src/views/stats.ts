import type { ParkedReason } from '@skald/core';
import type { DefinitionUse, Stats, StatsBucket, StatsRequest } from '@skald/engine';
import { Values, type Reader } from './reader.js';

interface BucketRow {
  readonly bucket: number;
  readonly definition: string;
  readonly started: number;
  readonly completed: number;
  readonly compensated: number;
  readonly parked: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** Starts count where they started, ends where they ended, parked ones where they were parked, if they still are. */
export async function stats(reader: Reader, request: StatsRequest): Promise<Stats> {
  const [buckets, reasons] = await Promise.all([
    bucketsOf(reader, request),
    parkedByReason(reader),
  ]);
  return { buckets, parkedByReason: reasons };
}

async function bucketsOf(
  reader: Reader,
  { from, to, bucketMs }: StatsRequest,
): Promise<StatsBucket[]> {
  const values = new Values();
  const [since, until, width] = [values.time(from), values.time(to), values.add(bucketMs)];
  const inRange = (time: string) => `${time} >= ${since} and ${time} < ${until}`;
  const rows = await reader.rows<BucketRow>(
    `with happened (at, definition, what, took_ms) as (
       select s.started_at, s.definition, 'started', null::float8
         from transaction_start as s where ${inRange('s.started_at')}
       union all
       select t.ended_at, s.definition, t.status,
              (extract(epoch from t.ended_at - s.started_at) * 1000)::float8
         from transaction as t join transaction_start as s using (id)
        where ${inRange('t.ended_at')}
       union all
       select t.updated_at, s.definition, t.status, null
         from transaction as t join transaction_start as s using (id)
        where t.status = 'parked' and ${inRange('t.updated_at')}
     )
     select floor(extract(epoch from at - ${since}) * 1000 / ${width}::float8)::integer as bucket,
            definition,
            count(*) filter (where what = 'started') as started,
            count(*) filter (where what in ('completed', 'committed')) as completed,
            count(*) filter (where what in ('compensated', 'aborted')) as compensated,
            count(*) filter (where what = 'parked') as parked,
            percentile_disc(0.5) within group (order by took_ms) as p50,
            percentile_disc(0.95) within group (order by took_ms) as p95,
            percentile_disc(0.99) within group (order by took_ms) as p99
       from happened group by 1, 2 order by 1, 2`,
    values.list,
  );
  return rows.map(({ bucket, definition, started, completed, compensated, parked, ...took }) => ({
    at: from + bucket * bucketMs,
    ...{ definition, started, completed, compensated, parked },
    ...{ p50Ms: took.p50, p95Ms: took.p95, p99Ms: took.p99 },
  }));
}

async function parkedByReason(reader: Reader): Promise<Stats['parkedByReason']> {
  const rows = await reader.rows<{ reason: ParkedReason | null; count: number }>(`
    select t.state::json #>> '{k,reason}' as reason, count(*) as count
      from transaction as t where t.status = 'parked' group by 1`);
  return Object.fromEntries(rows.map(({ reason, count }) => [reason ?? 'protocol-error', count]));
}

/** Parked ones count: their definition is still needed. */
export function runningByDefinition(reader: Reader): Promise<DefinitionUse[]> {
  return reader.rows(`
    select s.definition as name, s.definition_version as version, s.definition_hash as hash,
           count(*) as open
      from transaction as t join transaction_start as s using (id)
     where t.ended_at is null
     group by 1, 2, 3 order by 1, 2, 3`);
}
