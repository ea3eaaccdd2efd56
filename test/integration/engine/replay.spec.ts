import { migrateCoordinator, PostgresStore, PostgresViews } from '@skald/storage-postgres';
import {
  replay,
  type OutgoingCommand,
  type SagaTransaction,
  type TransactionId,
} from '@skald/core';
import { testDatabase, type TestDatabase } from '../../setup/database.js';
import {
  startEngine,
  startOf,
  SUCCEEDED,
  type Answer,
  type EngineSettings,
  type TestEngine,
} from '../../setup/engine.js';
import { tripSaga } from '../../setup/trip.saga.js';

let database: TestDatabase;
let store: PostgresStore;
const running: TestEngine[] = [];

beforeEach(async () => {
  database = await testDatabase({ migrate: migrateCoordinator, template: 'coordinator' });
  store = new PostgresStore({ url: database.url });
});

afterEach(async () => {
  for (const { engine } of running.splice(0)) await engine.stop();
  await store.close();
  await database.drop();
});

async function start(options: Partial<EngineSettings> = {}): Promise<TestEngine> {
  const settings = { answer: () => SUCCEEDED, ...options };
  const started = await startEngine(store, [tripSaga()], settings);
  running.push(started);
  return started;
}

function scripted(script: Record<string, Answer[]>) {
  return ({ operation, attempt }: OutgoingCommand): Answer =>
    script[operation.operation]?.[attempt - 1] ?? SUCCEEDED;
}

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
    expect(await replayed(id)).toEqual(
      await engine.find(id).then(({ transaction }) => transaction),
    );
  }
});

async function replayed(id: TransactionId): Promise<SagaTransaction> {
  const [stored] = await store.load([id]);
  if (!stored) throw new Error(`${id} is not stored`);
  const views = new PostgresViews({ url: database.url });
  const entries = await views.history(id, 0, 200);
  await views.close();
  return replay(tripSaga(), { id, definition: stored.started.definition }, entries);
}
