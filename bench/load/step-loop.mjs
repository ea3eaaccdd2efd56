// What a typical team writes by hand: a row per saga and a log, and one database transaction per step.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { Pool } from 'undici';

/** @param {{ databaseUrl: string, participantOrigin: string }} options */
export async function startStepLoop({ databaseUrl, participantOrigin }) {
  const database = new pg.Pool({ connectionString: databaseUrl, max: 20 });
  await database.query(SCHEMA);
  const http = new Pool(participantOrigin, { connections: 64, pipelining: 1 });

  /**
   * @param {string} path
   * @param {string} id
   * @returns {Promise<{ ok: boolean }>}
   */
  async function call(path, id) {
    const headers = { 'content-type': 'application/json' };
    const sent = JSON.stringify({ sagaId: id, amount: 4200 });
    const response = await http.request({ path, method: 'POST', headers, body: sent });
    return /** @type {any} */ (await response.body.json());
  }

  /**
   * @param {string} id
   * @param {string} status
   * @param {number} step
   * @param {string} data
   */
  async function record(id, status, step, data) {
    const client = await database.connect();
    try {
      await client.query('begin');
      await client.query('select * from loop_saga where id = $1 for update', [id]);
      await client.query(
        'update loop_saga set status = $2, step = $3, data = $4, updated_at = now() where id = $1',
        [id, status, step, data],
      );
      await client.query(
        'insert into loop_log (saga_id, step, event, data) values ($1, $2, $3, $4)',
        [id, step, status, data],
      );
      await client.query('commit');
    } finally {
      client.release();
    }
  }

  return {
    async run(/** @type {number} */ order, /** @type {boolean} */ fail) {
      const id = randomUUID();
      const data = JSON.stringify({ order, amount: 4200, fail });
      await database.query(
        'insert into loop_saga (id, status, step, data) values ($1, $2, 0, $3)',
        [id, 'running', data],
      );
      await call('/reserve', id);
      await record(id, 'running', 1, data);
      await call('/charge', id);
      await record(id, 'running', 2, data);
      const { ok } = await call(fail ? '/confirm?fail=1' : '/confirm', id);
      if (ok) {
        await record(id, 'completed', 3, data);
        return !fail;
      }
      await record(id, 'compensating', 2, data);
      await call('/refund', id);
      await record(id, 'compensating', 1, data);
      await call('/release', id);
      await record(id, 'compensated', 0, data);
      return fail;
    },
    async stop() {
      await database.end();
      await http.close();
    },
  };
}

const SCHEMA = `
  create table if not exists loop_saga (
    id uuid primary key, status text not null, step int not null, data jsonb,
    created_at timestamptz default now(), updated_at timestamptz default now());
  create table if not exists loop_log (
    id bigserial primary key, saga_id uuid, step int, event text, data jsonb,
    at timestamptz default now());
  create index if not exists loop_saga_status on loop_saga (status);
  create index if not exists loop_log_saga on loop_log (saga_id)`;
