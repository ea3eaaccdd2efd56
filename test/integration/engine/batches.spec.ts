import { BatchRunner, SILENT, StoreError, type BatchStore } from '@skald/engine';
import { PostgresViews } from '@skald/storage-postgres';
import { randomUUID } from 'node:crypto';
import { waitFor } from '../../../tools/wait.mjs';
import { startOf } from '../../setup/engine.js';
import { engineSuite } from '../../setup/engine-suite.js';

const suite = engineSuite();
const COUNT = 120;

/** Carries out orders and dies before it can say so: nothing it settles is stored. */
function dying(batches: BatchStore): BatchStore {
  const dies = () => Promise.reject(new StoreError('unavailable', 'the process died'));
  return new Proxy(batches, {
    get: (target, name) => {
      if (name === 'settle') return dies;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

test('a batch goes on with another instance, and no order is carried out twice', async () => {
  const [one, other] = [await suite.start({ answer: () => 'silence' }), await suite.start()];
  const views = new PostgresViews({ url: suite.databaseUrl() });
  const ids = await Promise.all(
    Array.from({ length: COUNT }, async () => {
      const begun = await one.engine.begin(startOf('trip', { trip: 'Rome' }));
      return begun.snapshot.transaction.id;
    }),
  );
  const asks = {
    action: 'retry',
    reason: 'they are silent',
    by: 'local',
    requestHash: 'h',
  } as const;
  const batch = { id: randomUUID(), ...asks, scope: { ids }, scopeJson: '{}' };
  await views.batches.create(batch, COUNT);

  const common = { log: SILENT, pollMs: 10, leaseMs: 200, ratePerSecond: 10_000 };
  const doomed = new BatchRunner({
    ...common,
    ...{ batches: dying(views.batches), coordinator: one.engine, worker: 'one' },
  });
  doomed.start();
  const isAudited = async () => (await audited(views)).length > 0;
  await waitFor(isAudited, { timeoutMs: 10_000, what: 'the first to carry something out' });
  await doomed.stop();
  expect((await views.batches.find(batch.id))?.done).toBe(0);

  const heir = new BatchRunner({
    ...common,
    ...{ batches: views.batches, coordinator: other.engine, worker: 'other' },
  });
  heir.start();
  const isOver = async () => (await views.batches.find(batch.id))?.state === 'done';
  await waitFor(isOver, { timeoutMs: 20_000, what: 'the batch to be over' });
  await heir.stop();
  expect(await views.batches.find(batch.id)).toMatchObject({ done: COUNT, refused: 0 });
  const objects = (await audited(views)).map(({ object }) => object);
  expect(objects.sort()).toEqual([...ids].sort());
  await views.close();
});

async function audited(views: PostgresViews) {
  const { items } = await views.audit({ limit: 200 });
  return items.filter(({ action, result }) => action === 'retry' && result === 'done');
}
