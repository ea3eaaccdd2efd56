import { RetentionJob } from '@skald/engine';
import { PostgresRetention } from '@skald/storage-postgres';
import pg from 'pg';
import { startOf } from '../../setup/engine.js';
import { engineSuite } from '../../setup/engine-suite.js';

const { start, databaseUrl } = engineSuite();

const LOG = { debug: ignore, info: ignore, warn: ignore, error: ignore };
function ignore(): void {}

/** As if all that is there had happened `days` earlier. */
async function age(days: number): Promise<void> {
  const sql = new pg.Client({ connectionString: databaseUrl() });
  await sql.connect();
  await sql.query(`update transaction set ended_at = ended_at - $1::integer * interval '1 day'`, [
    days,
  ]);
  await sql.query(
    `update transaction_start set started_at = started_at - $1::integer * interval '1 day'`,
    [days],
  );
  await sql.end();
}

test('what is over its retention is gone, and its id never runs again', async () => {
  const first = await start();
  const request = startOf('trip', { trip: 'a' });
  const { id } = request;
  await first.engine.begin(request);
  await first.engine.waitForEnd(id, 5_000);
  await first.engine.stop(); // So that nobody has it in memory.
  await age(91);
  const store = new PostgresRetention({ url: databaseUrl() });
  const round = await new RetentionJob({ store, log: LOG }).round();
  expect(round).toMatchObject({ transactions: 1 });

  const { engine, transport } = await start();
  const gone = { code: 'TRANSACTION_GONE' };
  await expect(engine.begin(request)).rejects.toMatchObject(gone);
  await expect(engine.find(id)).rejects.toMatchObject(gone);
  const cancel = { type: 'cancel-requested', by: 'me', reason: 'r' } as const;
  await expect(engine.order(id, cancel)).rejects.toMatchObject(gone);
  const other = { ...request, requestHash: 'b'.repeat(64) };
  await expect(engine.begin(other)).rejects.toMatchObject({ code: 'TRANSACTION_ID_REUSED' });
  expect(await engine.decide(id, 'pay')).toMatchObject({ decision: 'unknown' });
  expect(transport.sent).toEqual([]);
});

test('a repeated start and its forgetting at the same moment leave one of two: known, or gone', async () => {
  const { engine, transport } = await start();
  const requests = Array.from({ length: 300 }, (_, n) => startOf('trip', { trip: `t-${n}` }));
  await Promise.all(requests.map((request) => engine.begin(request)));
  await Promise.all(requests.map(({ id }) => engine.waitForEnd(id, 5_000)));
  const sent = transport.sent.length;
  await age(91);
  const store = new PostgresRetention({ url: databaseUrl() });
  const job = new RetentionJob({ store, log: LOG, load: 1, batch: 20 });
  const [round, answers] = await Promise.all([
    job.round(),
    Promise.all(requests.map((request) => again(request))),
  ]);
  expect(round).toMatchObject({ transactions: 300 });
  expect(answers.filter((answer) => answer !== 'known' && answer !== 'gone')).toEqual([]);
  expect(transport.sent).toHaveLength(sent);

  async function again(request: (typeof requests)[number]): Promise<string> {
    try {
      const { isNew } = await engine.begin(request);
      return isNew ? 'new' : 'known';
    } catch (error) {
      return (error as { code?: string }).code === 'TRANSACTION_GONE' ? 'gone' : String(error);
    }
  }
});
