// The saga that all contenders run, as Skald's, and a coordinator as it is shipped.
import { randomUUID } from 'node:crypto';
import { participant, saga } from '@skald/core';
import { Engine } from '@skald/engine';
import { migrateCoordinator, PostgresStore, PostgresViews } from '@skald/storage-postgres';
import { HttpTransport } from '@skald/transport-http';
import { z } from 'zod';

const Body = z.object({ order: z.number(), amount: z.number(), fail: z.boolean() });
const operation = { request: Body, reply: z.object({}) };

const body = (
  /** @type {{ input: { order: number, amount: number, fail: boolean } }} */ { input },
) => input;

const trivial = participant('trivial', {
  reserve: operation,
  release: operation,
  charge: operation,
  refund: operation,
  confirm: operation,
});
const inventory = participant('inventory', { reserve: operation, release: operation });
const payment = participant('payment', { charge: operation, refund: operation });
const order = participant('order', { confirm: operation });

/**
 * Three steps: reserve, charge, confirm; or as many as wanted, the first ones all alike.
 *
 * @param {any} of
 * @param {{ steps?: number, timing?: object }} [options]
 */
export function placeOrder(of, { steps = 3, timing = {} } = {}) {
  const more = Array.from({ length: Math.max(0, steps - 3) }, (_, n) => `reserve-${n}`);
  const names = ['reserve', ...more].slice(0, Math.max(0, steps - 2));
  const undoable = [...names.map((name) => [name, of.reserve, of.release])];
  if (steps > 1) undoable.push(['charge', of.charge, of.refund]);
  /** @type {any} */
  const empty = saga('bench', { version: 1, input: Body });
  return undoable
    .reduce(
      (builder, [name, action, compensation]) =>
        builder.compensatable(name, {
          ...{ action: [action, body], compensation: [compensation, body] },
          ...timing,
        }),
      empty,
    )
    .pivot('confirm', { action: [of.confirm, body], ...timing })
    .build();
}

/** One participant carries out everything. */
export const singly = trivial;
/** A participant, and so a pair of topics, per service. */
export const byService = { ...inventory, ...payment, ...order };

export const log = {
  debug() {},
  info() {},
  warn: (/** @type {unknown[]} */ ...said) => console.error(...said),
  error: (/** @type {unknown[]} */ ...said) => console.error(...said),
};

/**
 * The engine with its store and what it writes besides: statistics, audit, dead letters.
 *
 * @param {object} options
 * @param {string} options.databaseUrl
 * @param {readonly any[]} options.definitions
 * @param {Record<string, any>} options.transports
 * @param {Record<string, string>} options.participants
 * @param {Partial<import('@skald/engine').EngineLimits>} [options.limits]
 * @param {(store: PostgresStore) => any} [options.watch] Looks on at what the store does.
 */
export async function startEngine({ databaseUrl, watch = (store) => store, limits = {}, ...rest }) {
  await migrateCoordinator(databaseUrl);
  const store = new PostgresStore({ url: databaseUrl });
  const views = new PostgresViews({ url: databaseUrl, definitions: rest.definitions });
  const engine = new Engine({
    name: 'bench',
    store: watch(store),
    log,
    limits,
    ...rest,
    recordAudit: (entry) => views.recordAudit(entry),
    addDeadLetter: (letter) => views.addDeadLetter(letter),
    recordPrepared: (report) => views.prepared.record(report),
    recordStatistics: (writer, rows) => views.recordStatistics(writer, rows),
  });
  return {
    engine,
    views,
    async stop() {
      await engine.stop();
      await Promise.all([store.close(), views.close()]);
    },
  };
}

/**
 * @param {Record<string, { origin: string, mode: 'single' | 'batch' }>} participants
 */
export function http(participants) {
  return new HttpTransport({ participants, log, now: Date.now });
}

/**
 * Starts one and awaits its end.
 *
 * @param {Engine} engine
 * @param {string} definition
 * @param {object} input
 * @param {(ms: number) => void} [onBegun] Hears how long it took until the start was durable.
 */
export async function runOne(engine, definition, input, onBegun) {
  const id = /** @type {import('@skald/core').TransactionId} */ (uuid7());
  const request = { id, definition, input, labels: {}, requestHash: '', startedBy: 'bench' };
  const at = performance.now();
  await engine.begin(request);
  onBegun?.(performance.now() - at);
  const ended = await engine.waitForEnd(id, 120_000);
  return ended?.transaction.status;
}

/**
 * True = done, false = undone.
 *
 * @param {string | undefined} status
 */
export function verdictOf(status) {
  if (status === 'completed' || status === 'committed') return true;
  if (status === 'compensated' || status === 'aborted') return false;
  throw new Error(`a transaction ended ${status}`);
}

/** Time-ordered ids (RFC 9562), as the API makes them. */
export function uuid7() {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
