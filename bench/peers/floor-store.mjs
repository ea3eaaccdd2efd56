// The floor's tables and its one statement per flush.
import pg from 'pg';

const SCHEMA = `
  create table floor_saga (
    id uuid primary key, state int2 not null, step int2 not null, seq int2 not null, data jsonb,
    updated_at timestamptz default now()) with (fillfactor = 50);
  create table floor_log (
    id uuid, seq int2, state int2, step int2, data jsonb, at timestamptz default now(),
    primary key (id, seq))`;

const INSERT = `insert into floor_saga (id, state, step, seq, data)
  select * from unnest($1::uuid[], $2::int2[], $3::int2[], $4::int2[], $5::jsonb[])`;
const update = (o) => `update floor_saga s
  set state = u.state, step = u.step, seq = u.seq, updated_at = now()
  from unnest($${o + 1}::uuid[], $${o + 2}::int2[], $${o + 3}::int2[], $${o + 4}::int2[])
    u(id, state, step, seq) where s.id = u.id`;
const log = (o) => `insert into floor_log (id, state, step, seq, data)
  select * from unnest($${o + 1}::uuid[], $${o + 2}::int2[], $${o + 3}::int2[], $${o + 4}::int2[],
    $${o + 5}::jsonb[])`;

const STATEMENTS = {
  starts: `with l as (${log(0)}) ${INSERT}`,
  moves: `with l as (${log(0)}) ${update(0)}`,
  both: `with i as (${INSERT}), l as (${log(9)}) ${update(5)}`,
};

/** Else a fresh table, not yet analysed, is joined by reading all of it. */
const PLAN = [
  'enable_seqscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'plan_cache_mode=force_generic_plan',
];

const escaped = (text) => '"' + text.replace(/["\\]/g, '\\$&') + '"';
const array = (rows, pick) => `{${rows.map(pick).join(',')}}`;

export async function openFloorStore(databaseUrl, connections) {
  const clients = [];
  for (let n = 0; n < connections; n++) {
    const client = new pg.Client(databaseUrl);
    await client.connect();
    for (const setting of PLAN) await client.query(`set ${setting}`);
    clients.push(client);
  }
  await clients[0].query(SCHEMA);

  /** All of a flush in one statement; a saga that was never stored has seq 0. */
  function write(connection, sagas) {
    const starts = sagas.filter(({ seq }) => seq === 0);
    const moves = sagas.filter(({ seq }) => seq > 0);
    const columns = (rows) => [
      array(rows, (s) => s.id),
      array(rows, (s) => s.state),
      array(rows, (s) => s.step),
      array(rows, (s) => s.seq),
    ];
    const all = [...starts, ...moves];
    const logged = [...columns(all), array(all, (s) => escaped(s.seq === 0 ? s.data : s.reply))];
    const begun = [...columns(starts), array(starts, (s) => escaped(s.data))];
    const client = clients[connection];
    const run = (name, values) => client.query({ name, text: STATEMENTS[name], values });
    if (moves.length === 0) return run('starts', begun);
    if (starts.length === 0) return run('moves', logged);
    return run('both', [...begun, ...columns(moves), ...logged]);
  }

  return { write, close: () => Promise.all(clients.map((client) => client.end())) };
}
