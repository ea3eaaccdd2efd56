import { randomUUID } from 'node:crypto';
import {
  placeOrder,
  type AuditItem,
  type List,
  type Problem,
  type TransactionItem,
  type TransactionView,
} from '../setup/client.js';
import { kafkaBrokers } from '../setup/kafka.js';
import { startSkald, type Skald } from '../setup/skald.js';
import { waitFor } from '../../tools/wait.mjs';
import { KafkaOnlooker } from './kafka-onlooker.js';
import { Shop } from './shop.js';

const WIDGET_CENTS = 1_990;
const OPENING_CENTS = 100_000_000;

describe.each(['http', 'kafka'])('place-order through three services over %s', (transport) => {
  const kafka = transport === 'kafka';
  const prefix = `e2e-${randomUUID()}`;
  let skald: Skald;
  let shop: Shop;

  beforeAll(async () => {
    const brokers = kafka ? (await kafkaBrokers()).join(',') : '';
    const env = { KAFKA_BROKERS: brokers, SKALD_TOPIC_PREFIX: prefix };
    skald = await startSkald({ kafka, env });
    shop = new Shop(skald);
  }, 600_000);

  afterAll(() => skald.stop());

  test('confirms the order, holds the stock and takes the money', async () => {
    const before = await shop.stock('WIDGET');
    const done = await shop.order({ customerId: 'c-happy' });

    expect(done).toMatchObject({
      status: 'completed',
      output: { orderId: done.id, totalCents: 2 * WIDGET_CENTS },
      failure: null,
    });
    expect(done.steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'create-order succeeded',
      'reserve-stock succeeded',
      'charge-card succeeded',
      'confirm-order succeeded',
    ]);
    expect(await shop.placed(done.id)).toMatchObject({
      status: 'confirmed',
      totalCents: 2 * WIDGET_CENTS,
    });
    const after = await shop.stock('WIDGET');
    expect(after.available).toBe(before.available - 2);
    expect(after.reserved).toBe(before.reserved + 2);
    expect(await shop.balance('c-happy')).toBe(OPENING_CENTS - 2 * WIDGET_CENTS);
    expect(await shop.payments(done.id)).toMatchObject([
      { amountCents: 2 * WIDGET_CENTS, status: 'captured' },
    ]);
  });

  test('a declined card turns everything back and says why', async () => {
    const before = await shop.stock('WIDGET');
    const back = await shop.order({ customerId: 'c-declined', card: 'tok_declined' });

    expect(back).toMatchObject({
      status: 'compensated',
      output: null,
      failure: {
        step: 'charge-card',
        participant: 'payment',
        outcome: 'rejected',
        reason: 'card-declined',
      },
    });
    expect(back.steps.map(({ state }) => state)).toEqual([
      'compensated',
      'compensated',
      'rejected',
      'pending',
    ]);
    expect(await shop.placed(back.id)).toMatchObject({ status: 'rejected' });
    expect(await shop.stock('WIDGET')).toEqual(before);
    expect(await shop.balance('c-declined')).toBe(OPENING_CENTS);
    expect(await shop.payments(back.id)).toEqual([]);
  });

  test('a customer without money gets insufficient-funds', async () => {
    const before = await shop.stock('WIDGET');
    const back = await shop.order({ customerId: 'c-broke' });
    expect(back).toMatchObject({
      status: 'compensated',
      failure: { step: 'charge-card', reason: 'insufficient-funds' },
    });
    expect(await shop.stock('WIDGET')).toEqual(before);
    expect(await shop.balance('c-broke')).toBe(0);
  });

  test('more than there is in stock is out-of-stock, and nobody is charged', async () => {
    const before = [await shop.stock('RARE'), await shop.stock('WIDGET')];
    const back = await shop.order({
      customerId: 'c-greedy',
      items: [
        { sku: 'WIDGET', quantity: 1 },
        { sku: 'RARE', quantity: 2 },
      ],
    });
    expect(back).toMatchObject({
      status: 'compensated',
      failure: { step: 'reserve-stock', participant: 'inventory', reason: 'out-of-stock' },
    });
    expect([await shop.stock('RARE'), await shop.stock('WIDGET')]).toEqual(before);
    expect(await shop.placed(back.id)).toMatchObject({ status: 'rejected' });
    expect(await shop.payments(back.id)).toEqual([]);
  });

  test('a flaky card is asked again, and each attempt is in the history', async () => {
    const done = await shop.order({ customerId: 'c-flaky', card: 'tok_flaky' });
    expect(done.status).toBe('completed');
    const charge = done.steps.find(({ name }) => name === 'charge-card');
    expect(charge?.action.attempts).toBe(3);

    const tries = (await shop.history(done.id)).filter(({ step }) => step === 'charge-card');
    expect(tries.map(({ type, attempt, data }) => [type, attempt, data['outcome']])).toEqual([
      ['reply-received', 1, 'failed'],
      ['reply-received', 2, 'failed'],
      ['reply-received', 3, 'succeeded'],
    ]);
    expect(await shop.payments(done.id)).toHaveLength(1);
    expect(await shop.balance('c-flaky')).toBe(OPENING_CENTS - 2 * WIDGET_CENTS);
  });

  test('what is wrong with a request is named by field', async () => {
    const unknown = await shop.ask<Problem>('transactions', {
      method: 'POST',
      body: { definition: 'place-ordr', input: {} },
    });
    expect(unknown.status).toBe(422);
    expect(unknown.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(unknown.body).toMatchObject({ code: 'DEFINITION_UNKNOWN', status: 422 });
    expect(unknown.body.errors).toMatchObject([{ pointer: '/definition' }]);

    const items = [{ sku: 'WIDGET', quantity: 0 }];
    const body = { definition: 'place-order', input: { items, card: 'tok_visa' } };
    const input = await shop.ask<Problem>('transactions', { method: 'POST', body });
    expect(input).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
    expect(input.body.errors?.map(({ pointer }) => pointer).sort()).toEqual([
      '/input/customerId',
      '/input/items/0/quantity',
    ]);

    const id = await shop.ask<Problem>(`transactions/not-a-uuid`, {
      method: 'PUT',
      body: placeOrder(),
    });
    expect(id).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
    expect(id.body.errors).toMatchObject([{ pointer: '/id' }]);
  });

  test('PUT starts once, however often it is sent', async () => {
    const path = `transactions/${randomUUID()}`;
    const put = (body: unknown) => shop.ask<TransactionView>(path, { method: 'PUT', body });
    const body = placeOrder({ customerId: 'c-put' });

    const answers = await Promise.all(Array.from({ length: 10 }, () => put(body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([
      ...new Array<number>(9).fill(200),
      201,
    ]);
    const end = await shop.ask<TransactionView>(path, {
      method: 'PUT',
      body,
      headers: { prefer: 'wait=10' },
    });
    expect(end).toMatchObject({ status: 200, body: { status: 'completed' } });
    expect(await shop.balance('c-put')).toBe(OPENING_CENTS - 2 * WIDGET_CENTS);

    const other = await put(placeOrder({ customerId: 'c-other' }));
    expect(other).toMatchObject({ status: 422, body: { code: 'TRANSACTION_ID_REUSED' } });
  });

  test('an Idempotency-Key stands for one transaction', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await shop.post(placeOrder(), headers);
    const again = await shop.post(placeOrder(), { ...headers, prefer: 'wait=10' });
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body.id).toBe(first.body.id);
    expect(first.headers.get('location')).toBe(`/v1/transactions/${first.body.id}`);
    const other = await shop.post(placeOrder({ card: 'tok_declined' }), headers);
    expect(other).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  });

  test('transactions are listed newest first, filtered by label and status', async () => {
    const label = randomUUID();
    const ids: string[] = [];
    for (const card of ['tok_visa', 'tok_declined', 'tok_visa']) {
      const body = { ...placeOrder({ card }), labels: { shop: label } };
      ids.unshift((await shop.post(body, { prefer: 'wait=10' })).body.id);
    }
    const list = async (query: string) => {
      const path = `transactions?label=shop:${label}&${query}`;
      return (await shop.ask<List<TransactionItem>>(path)).body;
    };
    expect((await list('')).items.map(({ id }) => id)).toEqual(ids);
    expect((await list('status=compensated')).items.map(({ id }) => id)).toEqual([ids[1]]);
    expect(await list('counts=true')).toMatchObject({ counts: { completed: 2, compensated: 1 } });

    const page = await list('limit=2');
    expect(page.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const rest = await list(`limit=2&cursor=${encodeURIComponent(page.nextCursor ?? '')}`);
    expect(rest).toMatchObject({ items: [{ id: ids[2] }], nextCursor: null });
  });

  test('a saga is cancelled before its pivot, after a preview, and the audit knows', async () => {
    const before = await shop.stock('WIDGET');
    skald.signal('inventory', 'SIGSTOP');
    const { id } = (await shop.post(placeOrder({ customerId: 'c-cancel' }))).body;
    const path = `transactions/${id}`;
    const reserving = await waitFor(
      async () => {
        const view = await shop.find(id);
        return view.steps[1]?.state === 'running' ? view : null;
      },
      { timeoutMs: 10_000, what: 'reserve-stock to be under way' },
    );
    const cancel = { method: 'POST', body: { reason: 'changed their mind' } };
    const preview = await shop.ask(`${path}/cancel?preview=true`, cancel);
    expect(preview).toMatchObject({ status: 200, body: { allowed: true, status: 'compensating' } });
    const stale = await shop.ask<Problem>(`${path}/cancel`, {
      ...cancel,
      headers: { 'if-match': '"1"' },
    });
    expect(stale).toMatchObject({ status: 412, body: { code: 'VERSION_MISMATCH' } });

    const headers = { 'if-match': `"${reserving.version}"` };
    expect((await shop.ask(`${path}/cancel`, { ...cancel, headers })).status).toBe(202);
    skald.signal('inventory', 'SIGCONT');
    await waitFor(async () => (await shop.find(id)).status === 'compensated', {
      timeoutMs: 15_000,
      what: 'the cancelled saga to be compensated',
    });
    expect((await shop.find(id)).failure).toMatchObject({ outcome: 'cancelled' });
    expect(await shop.stock('WIDGET')).toEqual(before);
    expect(await shop.balance('c-cancel')).toBe(OPENING_CENTS);

    const { body: audit } = await shop.ask<List<AuditItem>>(`audit?object=${id}`);
    expect(audit.items.map(({ action, actor, result }) => [action, actor, result])).toEqual([
      ['cancel', 'local', 'done'],
      ['cancel', 'local', 'refused: VERSION_MISMATCH'],
    ]);
  });

  if (!kafka) return;

  test('topics, groups and headers are there for any Kafka tool', async () => {
    const { id } = await shop.order({});
    const onlooker = new KafkaOnlooker(await kafkaBrokers());
    try {
      const names = ['order', 'payment', 'inventory'].flatMap((name) => [
        `${prefix}.${name}.commands`,
        `${prefix}.${name}.replies`,
      ]);
      const topics = await onlooker.topics(names);
      expect(topics.map(({ name }) => name).sort()).toEqual(names.sort());
      expect(new Set(topics.map(({ partitions }) => partitions)).size).toBe(1);

      const [command] = await onlooker.records(`${prefix}.payment.commands`, id, 1);
      expect(JSON.parse(command?.value.toString() ?? '')).toMatchObject({ orderId: id });
      expect(command?.headers).toMatchObject({
        'content-type': 'application/json',
        traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/) as string,
        ce_specversion: '1.0',
        ce_id: `${id}/charge-card/action`,
        ce_type: 'skald.command.v1',
        ce_subject: 'charge',
        ce_skaldattempt: '1',
        ce_skaldrefusable: 'true',
      });
      const [reply] = await onlooker.records(`${prefix}.payment.replies`, id, 1);
      expect(reply).toMatchObject({
        partition: command?.partition,
        headers: { ce_id: `${id}/charge-card/action/reply`, ce_type: 'skald.reply.v1' },
      });
      await onlooker.isSharedWithOthers(`${prefix}.inventory`, `${prefix}.inventory.commands`);
      await onlooker.isSharedWithOthers(`${prefix}.coordinator`, `${prefix}.payment.replies`);
    } finally {
      await onlooker.close();
    }
  }, 60_000);
});
