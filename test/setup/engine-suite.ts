import type { Definition, OutgoingCommand } from '@skald/core';
import { migrateCoordinator, PostgresStore } from '@skald/storage-postgres';
import { testDatabase, type TestDatabase } from './database.js';
import {
  startEngine,
  SUCCEEDED,
  type Answer,
  type EngineSettings,
  type TestEngine,
} from './engine.js';
import { tripSaga } from './trip.saga.js';

export interface EngineSuite {
  /** A coordinator of trips, or of `definitions`, on the test's database; by default every command succeeds. */
  readonly start: (
    options?: Partial<EngineSettings> & { readonly definitions?: readonly Definition[] },
  ) => Promise<TestEngine>;
  readonly store: () => PostgresStore;
  readonly databaseUrl: () => string;
}

/** Gives each test of a suite a database and stops what it started. */
export function engineSuite(): EngineSuite {
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

  return {
    async start({ definitions = [tripSaga()], ...options } = {}) {
      const settings = { answer: () => SUCCEEDED, ...options };
      const started = await startEngine(store, definitions, settings);
      running.push(started);
      return started;
    },
    store: () => store,
    databaseUrl: () => database.url,
  };
}

/** Answers by operation and attempt, and with success where the script says nothing. */
export function scripted(script: Record<string, Answer[]>) {
  return ({ operation, attempt }: OutgoingCommand): Answer =>
    script[operation.operation]?.[attempt - 1] ?? SUCCEEDED;
}
