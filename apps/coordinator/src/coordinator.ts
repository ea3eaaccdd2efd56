import type { Definition } from '@skald/core';
import {
  BatchRunner,
  Engine,
  InDoubtWatch,
  RetentionJob,
  type Log,
  type TransactionStore,
  type Transport,
  type Views,
} from '@skald/engine';
import { createServer, ReplayInlet } from '@skald/server';
import {
  migrateCoordinator,
  PostgresRetention,
  PostgresStore,
  PostgresViews,
} from '@skald/storage-postgres';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ConfigurationError, type Config } from './config.js';
import { placeOrderAtomic } from './definitions/place-order-atomic.saga.js';
import { placeOrder } from './definitions/place-order.saga.js';
import { reserveAndPay } from './definitions/reserve-and-pay.two-phase.js';
import { settleOrder } from './definitions/settle-order.two-phase.js';
import { transferStock } from './definitions/transfer-stock.two-phase.js';
import { createLog, logOf, nestLogOf } from './log.js';
import type { Running } from './process.js';
import { createPreparedSources } from './prepared-sources.js';
import { createBus, createTransports } from './transports.js';
import { tuned } from './tuning.js';

/** Where `npm run build` leaves the dashboard. */
const DASHBOARD = fileURLToPath(new URL('../../dashboard/dist', import.meta.url));

/** What this coordinator runs. */
const DEFINITIONS = [placeOrder, placeOrderAtomic, settleOrder, transferStock, reserveAndPay];

/** Brings the schema up to date, starts the engine and its transports, and opens the port last. */
export async function startCoordinator(config: Config): Promise<Running> {
  const logger = createLog(config.SKALD_LOG_LEVEL);
  const log = logOf(logger);
  const inlet = new ReplayInlet();
  const bus = createBus(config, log);
  const transports = { ...createTransports(config, log, bus), replay: inlet };
  await migrateCoordinator(config.DATABASE_URL);
  const store = new PostgresStore({ url: config.DATABASE_URL });
  const definitions = DEFINITIONS.map((definition) => tuned(definition, config));
  const views = new PostgresViews({ url: config.DATABASE_URL, definitions });
  const engine = createEngine(config, { definitions, store, views, transports, log });
  const sources = createPreparedSources(config, bus);
  const watch = new InDoubtWatch({ sources: sources.all, store: views.prepared, log });
  const app = await createServer({
    coordinator: engine,
    inDoubt: watch,
    name: nameOf(config),
    links: { trace: config.SKALD_TRACE_URL, log: config.SKALD_LOG_URL },
    views,
    log,
    nestLogger: nestLogOf(logger),
    allowedHosts: config.SKALD_ALLOWED_HOSTS,
    dashboard: { dir: DASHBOARD },
    replay: (letter) => inlet.replay(letter),
  });
  const runner = new BatchRunner({
    batches: views.batches,
    coordinator: engine,
    log,
    worker: randomUUID(),
    ratePerSecond: config.SKALD_BATCH_RATE,
  });
  const retention = new RetentionJob({
    store: new PostgresRetention({ url: config.DATABASE_URL }),
    log,
    retentionDays: config.SKALD_RETENTION_DAYS,
    tombstoneDays: config.SKALD_TOMBSTONE_DAYS,
  });
  const stop = async () => {
    await Promise.all([runner.stop(), watch.stop(), retention.stop()]);
    // First, so that callers who wait still get their answer, and new ones a 503.
    await engine.stop();
    await app.close();
    await Promise.all([store.close(), views.close(), sources.close()]);
  };
  try {
    await engine.start();
    runner.start();
    watch.start();
    retention.start();
    await listen(app, config);
  } catch (error) {
    await stop();
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  log.info('coordinator serves', { host: config.HOST, port });
  return { port, stop };
}

function nameOf({ SKALD_NAME }: Config): string {
  return SKALD_NAME ?? `${hostname()}/${process.pid}`;
}

interface Parts {
  readonly definitions: readonly Definition[];
  readonly store: TransactionStore;
  readonly views: Views;
  readonly transports: Readonly<Record<string, Transport>>;
  readonly log: Log;
}

function createEngine(config: Config, parts: Parts): Engine {
  const { views, ...rest } = parts;
  const addresses = Object.entries(config.SKALD_PARTICIPANTS);
  return new Engine({
    name: nameOf(config),
    ...rest,
    participants: Object.fromEntries(addresses.map(([name, { transport }]) => [name, transport])),
    limits: {
      maxInFlight: config.SKALD_MAX_IN_FLIGHT,
      maxInFlightPerParticipant: config.SKALD_MAX_IN_FLIGHT_PER_PARTICIPANT,
      leaseMs: config.SKALD_LEASE_MS,
    },
    recordAudit: (entry) => views.recordAudit(entry),
    addDeadLetter: (letter) => views.addDeadLetter(letter),
    recordPrepared: (report) => views.prepared.record(report),
    recordStatistics: (writer, rows) => views.recordStatistics(writer, rows),
  });
}

async function listen(
  app: { listen(port: number, host: string): Promise<unknown> },
  { PORT, HOST }: Config,
): Promise<void> {
  try {
    await app.listen(PORT, HOST);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE') throw error;
    throw new ConfigurationError(`PORT: ${PORT} on ${HOST} is in use`, { cause: error });
  }
}
