import type { Service, ServiceDatabase } from '@skald/participant';
import { openDatabase } from '@skald/participant';
import type { DataSource } from 'typeorm';
import { testDatabase, type TestDatabase } from './database.js';
import { sendCommand, type SentCommand } from './send-command.js';

/** A service that runs for the tests of one file, as its callers see it. */
export interface RunningService {
  origin: () => string;
  get: (path: string) => Promise<{ status: number; body: unknown }>;
  /** Sends one command as the coordinator does, and gives the data of its reply. */
  send: (command: SentCommand) => Promise<unknown>;
}

/** Starts a service on a database of its own before the tests of this file, and stops it after them. */
export function serviceForAll(
  start: (environment: Record<string, string>) => Promise<Service>,
): RunningService {
  let database: TestDatabase;
  let service: Service;
  const origin = () => `http://127.0.0.1:${service.port}`;

  beforeAll(async () => {
    database = await testDatabase();
    const COORDINATOR_URL = 'http://127.0.0.1:1';
    service = await start({ DATABASE_URL: database.url, PORT: '0', COORDINATOR_URL });
  });
  afterAll(async () => {
    await service.stop();
    await database.drop();
  });

  return {
    origin,
    get: async (path) => {
      const response = await fetch(`${origin()}${path}`);
      return { status: response.status, body: (await response.json()) as unknown };
    },
    send: (command) => sendCommand(origin(), command),
  };
}

/** A service's database, migrated and seeded anew for each test of this file. */
export function databaseForEach(parts: ServiceDatabase, poolSize = 20): () => DataSource {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeEach(async () => {
    database = await testDatabase();
    dataSource = await openDatabase(parts, { url: database.url, poolSize });
  });
  afterEach(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  return () => dataSource;
}
