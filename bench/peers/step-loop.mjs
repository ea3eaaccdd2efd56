// What a typical team writes by hand: a row per saga, and a database transaction for each transition.
//   mode: transaction = BEGIN, SELECT FOR UPDATE, UPDATE, INSERT into a log, COMMIT
//         autocommit  = one UPDATE, no log: the cheapest form
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { httpClient } from './http.mjs';

const SCHEMA = `
  create table loop_saga (
    id uuid primary key, status text not null, step int not null, data jsonb,
    created_at timestamptz default now(), updated_at timestamptz default now());
  create table loop_log (
    id bigserial primary key, saga_id uuid, step int, event text, data jsonb,
    at timestamptz default now());
  create index on loop_saga (status);
  create index on loop_log (saga_id)`;
const UPDATE =
  'update loop_saga set status = $2, step = $3, data = $4, updated_at = now() where id = $1';
const LOG = 'insert into loop_log (saga_id, step, event, data) values ($1, $2, $3, $4)';

async function inTransaction(pool, id, status, [step, data]) {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('select * from loop_saga where id = $1 for update', [id]);
    await client.query(UPDATE, [id, status, step, data]);
    await client.query(LOG, [id, step, status, data]);
    await client.query('commit');
  } finally {
    client.release();
  }
}

export async function start({ databaseUrl, origin, mode }) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 });
  await pool.query(SCHEMA);
  const { call, close } = httpClient(origin);
  const record = (id, status, step, data) =>
    mode === 'transaction'
      ? inTransaction(pool, id, status, [step, data])
      : pool.query(UPDATE, [id, status, step, data]);
  return {
    async run(order, fail) {
      const id = randomUUID();
      const data = JSON.stringify({ order, amount: 4200 });
      const insert = 'insert into loop_saga (id, status, step, data) values ($1, $2, 0, $3)';
      await pool.query(insert, [id, 'running', data]);
      await call('/reserve', id);
      await record(id, 'running', 1, data);
      await call('/charge', id);
      await record(id, 'running', 2, data);
      const { ok } = await call(fail ? '/confirm?fail=1' : '/confirm', id);
      if (ok) {
        await record(id, 'completed', 3, data);
        return true;
      }
      await record(id, 'compensating', 2, data);
      await call('/refund', id);
      await record(id, 'compensating', 1, data);
      await call('/release', id);
      await record(id, 'compensated', 0, data);
      return false;
    },
    async stop() {
      await pool.end();
      await close();
    },
  };
}
