// Fills a coordinators' database with transactions as they are stored, made inside PostgreSQL.
import { withClient } from '../../tools/postgres/index.mjs';

const CHUNK = 250_000;
/** They began within so many days. */
const DAYS = 5;

/**
 * Of a thousand 980 completed, 15 compensated, 3 parked, 2 asleep; 70 % place-order, 25 % refund, 5 % rare;
 * a fifth with labels.
 *
 * @param {string} url
 * @param {object} options
 * @param {number} options.transactions
 * @param {number} [options.replies] History rows of each besides its start. Default 3.
 * @param {'mixed' | 'ended' | 'asleep'} [options.kind] All of them completed, or waiting for years, instead.
 * @param {(done: number) => void} [options.onProgress]
 */
export async function seed(url, options) {
  const { transactions, replies = 3, kind = 'mixed', onProgress = () => undefined } = options;
  await withClient(url, async (client) => {
    await client.query('set synchronous_commit = off');
    await client.query(ROWS);
    for (let from = 0; from < transactions; from += CHUNK) {
      const to = Math.min(from + CHUNK, transactions);
      const bounds = [from, to - 1, transactions, DAYS, kind];
      await client.query('truncate seeded');
      await client.query(FILL, bounds);
      await client.query(START);
      await client.query(MOVING);
      await client.query(HISTORY, [replies]);
      onProgress(to);
    }
    await client.query('vacuum analyze transaction, transaction_start, transaction_event');
  });
}

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
     select now() - $4::integer * interval '1 day' * (1 - n::float8 / $3::integer) as at) as t`;

const START = `
  insert into transaction_start
  select id, 'saga', definition, 1, 'seeded', at,
         at + case when status = 'running' then interval '10 years' else interval '10 minutes' end,
         repeat('0', 64), 'local',
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
  insert into transaction_event (transaction_id, seq, version, attempt, writer, flush, ordinal, at,
                                 carries_payload, type, status, step, direction, data, produced)
  select id, seq, seq, nullif(seq - 1, 0), 0, n, seq, at + seq * interval '10 ms', true,
         case seq when 1 then 'started' else 'reply-received' end, status,
         case when seq > 1 then 'step-' || seq end, case when seq > 1 then 'action' end,
         case seq when 1 then json_build_object('input', json_build_object('n', n), 'deadline', 0)::text
                  else '{"reply":{"outcome":"succeeded","reply":{"ok":true}}}' end,
         '{"r":{"step/action":"{}"}}'
    from seeded cross join generate_series(1, 1 + $1::integer) as seq`;
