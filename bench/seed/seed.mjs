// Fills a coordinators' database with transactions as they are stored, made inside PostgreSQL.
import { withClient } from '../../tools/postgres/index.mjs';

const CHUNK = 250_000;
/** Transactions of one flush; a chunk is so many whole flushes. */
const PER_FLUSH = 25;
/** They began within so many days. */
const DAYS = 5;

/**
 * Empties what is there and fills it. Of a thousand 980 completed, 15 compensated, 3 parked, 2 asleep; 70 % place-order, 25 % refund, 5 % rare;
 * a fifth with labels.
 *
 * @param {string} url
 * @param {object} given
 * @param {number} given.transactions
 * @param {number} [given.replies] History rows of each besides its start. Default 3.
 * @param {'mixed' | 'ended' | 'asleep'} [given.kind] All of them completed, or waiting for years, instead.
 * @param {(tables: string[], done: number) => void} [given.onProgress]
 */
export async function seed(url, given) {
  const { replies = 3 } = given;
  const options = { ...given, until: new Date() };
  // Two tables at a time, each with its indexes: as many as there are cores for.
  await Promise.all([
    fill(
      url,
      { ...options, tables: ['transaction_event', 'transaction_flush'] },
      async (client) => {
        await client.query(HISTORY, [replies]);
        await client.query(FLUSHES, [replies]);
      },
    ),
    fill(url, { ...options, tables: ['transaction_start', 'transaction'] }, async (client) => {
      await client.query(START);
      await client.query(MOVING);
    }),
  ]);
  await withClient(url, async (client) => {
    await client.query(
      'vacuum (analyze, parallel 0) transaction, transaction_start, transaction_event, transaction_flush',
    );
  });
}

/**
 * Fills tables that are empty. In one database transaction that begins by truncating them: with
 * `wal_level=minimal` nothing of it is written twice.
 *
 * @param {string} url
 * @param {Parameters<typeof seed>[1] & { tables: string[], until: Date }} options Ids are made of times:
 *   all tables are filled `until` the same.
 * @param {(client: import('pg').Client) => Promise<void>} insert Of the rows in `seeded`.
 */
async function fill(url, { transactions, kind = 'mixed', onProgress, tables, until }, insert) {
  await withClient(url, async (client) => {
    await client.query(`begin; set local synchronous_commit = off; set local jit = off;
                        set local maintenance_work_mem = '512MB'; truncate ${tables.join()}`);
    const { rows } = await client.query(INDEXES, [tables]);
    for (const { name } of rows) await client.query(`drop index ${name}`);
    await client.query(ROWS);
    for (let from = 0; from < transactions; from += CHUNK) {
      const to = Math.min(from + CHUNK, transactions);
      await client.query('truncate seeded');
      await client.query(FILL, [from, to - 1, transactions, DAYS, kind, until]);
      await insert(client);
      onProgress?.(tables, to);
    }
    for (const { definition } of rows) await client.query(definition);
    await client.query('commit');
  });
}

/**
 * Those that are no constraint: faster built at the end than kept up row by row. ONLY would leave
 * the partitions out.
 */
const INDEXES = `
  select indexrelid::regclass::text as name, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') as definition
    from pg_index
   where indrelid = any ($1::regclass[])
     and not exists (select from pg_constraint where conindid = indexrelid)`;

const ROWS = `
  create temp table if not exists seeded (
    n integer, id uuid, at timestamptz, ended timestamptz, definition text, status text)`;

const FILL = `
  insert into seeded
  select n,
         (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' ||
          substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 5, 15))::uuid,
         at,
         case when $5 <> 'asleep' and ($5 = 'ended' or n % 1000 < 995)
              then at + (50 + n % 400) * interval '1 ms' end,
         case when n % 20 = 0 then 'rare' when n % 4 = 1 then 'refund' else 'place-order' end,
         case when $5 = 'asleep' then 'running' when $5 = 'ended' then 'completed'
              when n % 1000 < 980 then 'completed' when n % 1000 < 995 then 'compensated'
              when n % 1000 < 998 then 'parked' else 'running' end
    from generate_series($1::integer, $2::integer) as n
   cross join lateral (
     select $6::timestamptz - $4::integer * interval '1 day' * (1 - n::float8 / $3::integer) as at) as t`;

const START = `
  insert into transaction_start
  select id, 'saga', definition, 1, decode('5eeded', 'hex'), at,
         at + case when status = 'running' then interval '10 years' else interval '10 minutes' end,
         decode(repeat('0', 64), 'hex'), 'local',
         case when n % 5 = 0 then json_build_object('shop', 's' || n % 50)::jsonb end
    from seeded`;

const MOVING = `
  insert into transaction (id, version, seq, owner, writer, flush, due_at, wake_at, updated_at,
                           ended_at, status, waiting_for, state)
  select id, 4, 4, 0, 0, 0, null,
         case when status = 'running' then now() + interval '10 years' end,
         coalesce(ended, at), ended, status,
         case when status = 'running' then 'payment' end,
         case status
           when 'completed' then '{"s":"2.1 2.1 2.1","p":[]}'
           when 'compensated' then '{"s":"6.1.1 6.1.1 3.1","p":[],"f":{"step":"charge-card",' ||
             '"participant":"payment","operation":"charge","outcome":"rejected","reason":"card-declined"}}'
           when 'parked' then '{"s":"2.1 2.1 1.20","p":[[2,"action",20,1,0,null]],"k":{"reason":' ||
             '"attempts-exhausted","from":"running","at":0,"detail":null}}'
           else '{"s":"2.1 1.1 0","p":[[1,"action",1,1,0,null]]}'
         end
    from seeded`;

const HISTORY = `
  insert into transaction_event (transaction_id, seq, version, attempt, writer, flush, at,
                                 carries_payload, type, status, step, direction, data, produced)
  select id, seq, seq, nullif(seq - 1, 0), 0, n / ${PER_FLUSH}, at + seq * interval '10 ms', true,
         (case seq when 1 then 'started' else 'reply-received' end)::event_type,
         status::event_status, case when seq > 1 then 'step-' || seq end,
         case when seq > 1 then 'action'::event_direction end,
         case seq when 1 then json_build_object('input', json_build_object('n', n), 'deadline', 0)::text
                  else '{"reply":{"outcome":"succeeded","reply":{"ok":true}}}' end,
         '{"r":{"step/action":"{}"}}'
    from seeded cross join generate_series(1, 1 + $1::integer) as seq`;

const FLUSHES = `
  insert into transaction_flush (writer, flush, at, transaction_ids, seqs)
  select 0, n / ${PER_FLUSH}, min(at), array_agg(id order by n, seq), array_agg(seq order by n, seq)
    from seeded cross join generate_series(1, 1 + $1::integer) as seq
   group by 2`;
