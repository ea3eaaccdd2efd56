import { PostgresViews } from '@skald/storage-postgres';
import { machineOf, type AnyTransaction, type Definition, type TransactionId } from '@skald/core';
import { startOf, type Answer } from '../../setup/engine.js';
import { engineSuite, scripted } from '../../setup/engine-suite.js';
import { tripSaga } from '../../setup/trip.saga.js';

const { start, store, databaseUrl } = engineSuite();

test('replaying the history of a transaction gives its row', async () => {
  const failed = { outcome: 'failed', reason: 'busy' } as const;
  const rejected = { outcome: 'rejected', reason: 'no' } as const;
  const scripts: Record<string, Answer[]>[] = [
    {},
    { pay: [failed, rejected] },
    { 'book-flight': [failed, failed, failed, failed, failed], 'cancel-flight': [failed] },
    { 'send-tickets': [failed, rejected] },
  ];
  for (const script of scripts) {
    const { engine } = await start({ answer: scripted(script) });
    const { snapshot } = await engine.begin(startOf('trip', { trip: 'a' }));
    const { id } = snapshot.transaction;
    await engine.waitForEnd(id, 5_000);
    expect(await replayed(id, tripSaga())).toEqual(
      await engine.find(id).then(({ transaction }) => transaction),
    );
  }
});

async function replayed(
  id: TransactionId,
  definition: Definition,
): Promise<AnyTransaction | undefined> {
  const [stored] = await store().load([id]);
  if (!stored) throw new Error(`${id} is not stored`);
  const views = new PostgresViews({ url: databaseUrl() });
  const entries = await views.history(id, 0, 200);
  await views.close();
  const pinned = stored.started.definition;
  return machineOf(definition.protocol)?.replay(definition, { id, definition: pinned }, entries);
}
