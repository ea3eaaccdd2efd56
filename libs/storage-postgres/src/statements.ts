import type { Statement } from './session.js';
import { EVENT_COLUMNS, SINCE_START, TRANSACTION_COLUMNS } from './rows.js';

/**
 * Row and history come from one snapshot: what one flush wrote is seen whole or not at all. `offset 0`
 * keeps the subquery apart, so that only partitions since the start are looked at.
 */
export const LOAD: Statement = {
  name: 'load',
  text: `
    select ${TRANSACTION_COLUMNS}, ${EVENT_COLUMNS}
      from unnest($1::uuid[]) as wanted (id)
      join transaction as t using (id)
      join transaction_start as s using (id)
      left join lateral (
        select * from transaction_event as e
         where e.transaction_id = t.id and ${SINCE_START} and e.carries_payload
        offset 0
      ) as e on true
     order by t.id, e.seq`,
};

/**
 * What a flush wrote. Its session is gone, so the answer is final. A row that it moved without a
 * history row counts as long as nobody moved it again.
 */
export const READ_BACK: Statement = {
  name: 'read back',
  text: `
    select r.id, r.seq = 1 as is_start, clock_timestamp() as now
      from transaction_flush as f
     cross join lateral unnest(f.transaction_ids, f.seqs) as r (id, seq)
     where f.writer = $1 and f.flush = $2
    union all
    select t.id, false, clock_timestamp()
      from transaction as t
     where t.owner in (0, $1) and t.ended_at is null and t.writer = $1 and t.flush = $2
    union all
    select null, false, clock_timestamp()`,
};

const CLAIMED = `
    update transaction as t
       set owner = $1, version = t.version + 1, writer = $1, flush = $2,
           waiting_for = null, wake_at = null
      from chosen
     where t.id = chosen.id
    returning t.id`;

/**
 * Takes over sleeping rows that are due, the longest overdue of each participant. The participants are
 * found by hopping through the index, one probe for each, so that one with a million sleepers costs as
 * much as one with ten. Two instances at once get different rows.
 */
export const CLAIM_DUE: Statement = {
  name: 'claim due',
  text: `
    with recursive awaited (name) as (
      (select waiting_for from transaction where wake_at is not null order by waiting_for limit 1)
      union all
      select (select t.waiting_for from transaction as t
               where t.wake_at is not null and t.waiting_for > a.name
               order by t.waiting_for limit 1)
        from awaited as a where a.name is not null
    ), chosen as materialized (
      select due.id
        from awaited as a
        cross join lateral (
          select t.id from transaction as t
           where t.wake_at is not null and t.waiting_for = a.name and t.wake_at <= now()
           order by t.wake_at limit $3 for update skip locked
        ) as due
       where a.name <> all ($4::text[])
    )${CLAIMED}`,
};

/** Takes over open rows of the given owners; two instances at once get different rows. */
export const CLAIM_DEAD: Statement = {
  name: 'claim dead',
  text: `
    with chosen as materialized (
      select t.id from transaction as t
       where t.owner = any ($4::integer[]) and t.ended_at is null
       limit $3 for update skip locked
    )${CLAIMED}`,
};

/** Rows that claims took whose answer was lost: nobody else knows of them. */
export const FIND_CLAIMED: Statement = {
  name: 'find claimed',
  text: `
    select t.id from transaction as t
     where t.owner = $1 and t.ended_at is null and t.writer = $1 and t.flush = any ($2::bigint[])`,
};

/** Only rows that nobody moved meanwhile. */
export const RELEASE: Statement = {
  name: 'release',
  text: `
    update transaction as t
       set owner = 0, version = t.version + 1, waiting_for = r.waiting_for, wake_at = r.wake_at
      from unnest($1::uuid[], $2::integer[], $3::text[], $4::timestamptz[])
           as r (id, version, waiting_for, wake_at)
     where t.id = r.id and t.version = r.version`,
};

/** What is left of transactions whose retention is over. */
export const FIND_TOMBSTONES: Statement = {
  name: 'find tombstones',
  text: `
    select g.id, encode(g.request_hash, 'hex') as request_hash
      from unnest($1::uuid[]) as wanted (id)
      join tombstone as g using (id)`,
};

export const JOIN: Statement = {
  name: 'join',
  text: 'insert into coordinator (name) values ($1) returning incarnation',
};

export const CREATE_PARTITIONS: Statement = {
  name: 'create partitions',
  text: 'select create_event_partitions(2)',
};

/** True or null, by one probe of the index for a coordinator `c`; `exists` would be made a scan of all of it. */
const KEEPS_OPEN_ROWS = `(
         select true from transaction as t
          where t.owner = c.incarnation and t.ended_at is null limit 1)`;

/** Process starts of long ago that own nothing any more. */
export const FORGET_COORDINATORS: Statement = {
  name: 'forget coordinators',
  text: `
    delete from coordinator as c
     where c.heartbeat_at < now() - interval '30 days'
       and ${KEEPS_OPEN_ROWS} is null`,
};

/**
 * Beats, and finds the dead among those that own open rows: one probe of the index for each
 * incarnation that left or is silent. All is judged by the database's clock.
 */
export const HEARTBEAT: Statement = {
  name: 'heartbeat',
  text: `
    with beat as (
      insert into coordinator as c (incarnation, name, lease_ms)
      overriding system value values ($1, $2, $3)
      on conflict (incarnation) do update
         set heartbeat_at = clock_timestamp(), lease_ms = excluded.lease_ms
      returning 1
    )
    select clock_timestamp() as now,
           array(
             select c.incarnation from coordinator as c
              where c.incarnation <> $1
                and (c.left_at is not null
                     or c.heartbeat_at < clock_timestamp() - $3::integer * interval '1 ms')
                and ${KEEPS_OPEN_ROWS}
           ) as dead
      from beat`,
};

export const LEAVE: Statement = {
  name: 'leave',
  text: 'update coordinator set left_at = clock_timestamp() where incarnation = $1',
};

/** Parked transactions count: they may go on. */
export const PINNED_HASHES: Statement = {
  name: 'pinned hashes',
  text: `
    select distinct encode(s.definition_hash, 'hex') as hash
      from transaction as t
      cross join lateral (select * from transaction_start as s where s.id = t.id offset 0) as s
     where t.ended_at is null and s.definition = $1 and s.definition_version = $2`,
};
