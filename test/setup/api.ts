import type { Definition, OutgoingCommand, Reply } from '@skald/core';
import { BatchRunner, Engine, SILENT, type Transport, type TransportSink } from '@skald/engine';
import { createServer, ReplayInlet, type ServerOptions } from '@skald/server';
import { migrateCoordinator, PostgresStore, PostgresViews } from '@skald/storage-postgres';
import 'reflect-metadata';
import { buy } from '../../libs/server/src/transactions/history.fixture.js';
import { testDatabase } from './database.js';
import { exchange } from './exchange.saga.js';
import { moveMoney } from './move.two-phase.js';

/** What a participant says to a command; undefined = nothing, ever. */
export type Answerer = (command: OutgoingCommand) => Reply | undefined;

/** Participants that a test speaks for. */
class SpokenFor implements Transport {
  answer: Answerer = (command) => ({ outcome: 'succeeded', reply: REPLIES[command.step] ?? {} });
  private sink: TransportSink | undefined;

  start(sink: TransportSink): Promise<void> {
    this.sink = sink;
    return Promise.resolve();
  }

  send(commands: readonly OutgoingCommand[]): void {
    for (const command of commands) {
      const { transaction, step, direction, attempt } = command;
      const reply = this.answer(command);
      if (!reply) continue;
      setImmediate(() => this.sink?.replied({ transaction, step, direction, attempt, reply }));
    }
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  health() {
    return { isReady: true, reasons: [] };
  }
}

const REPLIES: Readonly<Record<string, unknown>> = {
  hold: { holdId: 'h-1' },
  charge: { chargeId: 'c-1' },
};

/** The API over a real engine and a database of its own, on a port of its own. */
export interface Api {
  readonly url: string;
  /** Of its database. */
  readonly databaseUrl: string;
  readonly views: PostgresViews;
  /** Who speaks for the participants; all succeed by default. */
  answerBy(answer: Answerer): void;
  request(path: string, init?: RequestInit): Promise<Response>;
  /** POST of JSON. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export interface ApiOptions extends Partial<ServerOptions> {
  /** Besides those of this file; their participants are stock, bank, north and south. */
  readonly definitions?: readonly Definition[];
}

export async function startApi(
  { definitions: more = [], ...options }: ApiOptions = {},
  beside?: Pick<Api, 'databaseUrl'>,
): Promise<Api> {
  const database = beside
    ? { url: beside.databaseUrl, drop: () => Promise.resolve() }
    : await testDatabase({ migrate: migrateCoordinator, template: 'coordinator' });
  const definitions = [buy, moveMoney(), exchange(), ...more];
  const store = new PostgresStore({ url: database.url });
  const views = new PostgresViews({ url: database.url, definitions });
  const transport = new SpokenFor();
  const inlet = new ReplayInlet();
  const coordinator = new Engine({
    name: 'api spec',
    definitions,
    store,
    transports: { spoken: transport, replay: inlet },
    participants: { stock: 'spoken', bank: 'spoken', north: 'spoken', south: 'spoken' },
    recordAudit: (entry) => views.recordAudit(entry),
    addDeadLetter: (letter) => views.addDeadLetter(letter),
    recordStatistics: (writer, rows) => views.recordStatistics(writer, rows),
    limits: { statisticsMs: 100 },
  });
  const { batches } = views;
  const runner = new BatchRunner({ batches, coordinator, log: SILENT, worker: 'api', pollMs: 20 });
  const replay: ServerOptions['replay'] = (letter) => inlet.replay(letter);
  const app = await createServer({ coordinator, views, log: SILENT, replay, ...options });
  await coordinator.start();
  runner.start();
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const request = (path: string, init?: RequestInit) => fetch(`${url}${path}`, init);
  return {
    url,
    databaseUrl: database.url,
    views,
    answerBy: (answer) => {
      transport.answer = answer;
    },
    request,
    post: (path, body, headers = {}) =>
      request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    close: async () => {
      await runner.stop();
      await coordinator.stop();
      await app.close();
      await Promise.all([store.close(), views.close()]);
      await database.drop();
    },
  };
}

/** Body of a start that is all right. */
export const GOOD = { definition: 'buy', input: { sku: 'W' } };

/** What an answer is read as, here. */
export type Body = Readonly<Record<string, unknown>>;

export async function bodyOf(response: Response): Promise<Body> {
  return (await response.json()) as Body;
}

/** The step that a view waits for. */
export function waitsFor({ waitingFor }: Body): string | undefined {
  return (waitingFor as readonly { readonly step: string }[] | undefined)?.[0]?.step;
}

/** The items of a list. */
export function itemsOf({ items }: Body): readonly Body[] {
  return items as readonly Body[];
}

/** Asks until `isDone`, at most about 10 s. */
export async function until<T>(ask: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  const end = performance.now() + 10_000;
  for (;;) {
    const value = await ask();
    if (isDone(value)) return value;
    if (performance.now() > end) throw new Error(`still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
