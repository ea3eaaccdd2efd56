// Skald in process: the engine with its PostgreSQL store and HTTP transport, full history, as shipped.
import { randomUUID } from 'node:crypto';
import { participant, saga } from '@skald/core';
import { Engine } from '@skald/engine';
import { migrateCoordinator, PostgresStore } from '@skald/storage-postgres';
import { HttpTransport } from '@skald/transport-http';
import { z } from 'zod';

const Body = z.object({ order: z.number(), amount: z.number(), fail: z.boolean() });
const operation = { request: Body, reply: z.object({}) };
const trivial = participant('trivial', {
  reserve: operation,
  release: operation,
  charge: operation,
  refund: operation,
  confirm: operation,
});

const body = (
  /** @type {{ input: { order: number, amount: number, fail: boolean } }} */ { input },
) => input;
const definition = saga('bench', { version: 1, input: Body })
  .compensatable('reserve', {
    action: [trivial.reserve, body],
    compensation: [trivial.release, body],
  })
  .compensatable('charge', { action: [trivial.charge, body], compensation: [trivial.refund, body] })
  .pivot('confirm', { action: [trivial.confirm, body] })
  .build();

/** @param {{ databaseUrl: string, participantOrigin: string, mode: 'single' | 'batch' }} options */
export async function startSkald({ databaseUrl, participantOrigin, mode }) {
  await migrateCoordinator(databaseUrl);
  const store = new PostgresStore({ url: databaseUrl });
  const log = { debug() {}, info() {}, warn: console.warn, error: console.error };
  /** @type {Engine} */
  let engine;
  const http = new HttpTransport({
    participants: { trivial: { origin: participantOrigin, mode } },
    log,
    now: () => engine.now(),
  });
  engine = new Engine({
    name: 'bench',
    definitions: [definition],
    store,
    transports: { http },
    participants: { trivial: 'http' },
    log,
    recordAudit: async () => {},
    addDeadLetter: async () => {},
  });
  await engine.start();
  return {
    /** Runs one saga to its end; says whether it ended as it should. */
    async run(/** @type {number} */ order, /** @type {boolean} */ fail) {
      const id = /** @type {import('@skald/core').TransactionId} */ (uuid7());
      await engine.begin({
        id,
        definition: 'bench',
        input: { order, amount: 4200, fail },
        labels: {},
        requestHash: '',
        startedBy: 'bench',
      });
      const ended = await engine.waitForEnd(id, 60_000);
      return ended?.transaction.status === (fail ? 'compensated' : 'completed');
    },
    async stop() {
      await engine.stop();
      await store.close();
    },
  };
}

/** Time-ordered ids (RFC 9562), as the API makes them. */
function uuid7() {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
