import { randomUUID } from 'node:crypto';
import { waitFor } from '../../tools/wait.mjs';
import type { AuditItem, List, TransactionView } from '../setup/client.js';
import { kafkaBrokers } from '../setup/kafka.js';
import { RowLock } from '../setup/row-lock.js';
import { startSkald, type Skald } from '../setup/skald.js';
import { Shop } from './shop.js';

const [NORTH, SOUTH] = ['warehouse-north', 'warehouse-south'] as const;
const SKU = 'WIDGET';
const VISIBLE_MS = 30_000;
const TEST_MS = 150_000;

interface InDoubtItem {
  readonly gid: string;
  readonly participant: string;
  readonly transaction: string;
  readonly decision: string;
  readonly follows: string;
  readonly reachable: boolean;
  readonly locks: { relation: string; mode: string; count: number }[];
}

interface InDoubt {
  readonly items: InDoubtItem[];
  readonly participants: { name: string; reachable: boolean; unreachableSince: string | null }[];
}

const APPENDED = { relation: 'movement', mode: 'RowExclusiveLock', count: 1 };

describe.each(['http', 'kafka'])('a branch in doubt over %s', (transport) => {
  let skald: Skald;
  let shop: Shop;

  beforeAll(async () => {
    const kafka = transport === 'kafka';
    const brokers = kafka ? (await kafkaBrokers()).join(',') : '';
    const env = { KAFKA_BROKERS: brokers, SKALD_TOPIC_PREFIX: `in-doubt-${randomUUID()}` };
    skald = await startSkald({ kafka, env });
    shop = new Shop(skald);
  }, 600_000);

  afterAll(() => skald.stop());

  const seen = <T>(what: string, look: () => Promise<T | false | undefined>) =>
    waitFor(look, { timeoutMs: VISIBLE_MS, what, everyMs: 200 });
  const attention = async () =>
    (await shop.ask<{ inDoubt: InDoubtItem[] }>('attention')).body.inDoubt;
  const inDoubt = async () => (await shop.ask<InDoubt>('in-doubt')).body;
  const ofSouth = (id: string, items: readonly InDoubtItem[]) =>
    items.find(({ transaction, participant }) => transaction === id && participant === SOUTH);
  const ended = (id: string, status: string) =>
    seen(`${id} to be ${status}`, async () => {
      const view = await shop.find(id);
      return view.status === status && view;
    });

  /** A transfer of which the south has voted, and the north cannot: somebody has locked its row. */
  async function halfPrepared(): Promise<{ id: string; north: RowLock }> {
    const north = await RowLock.on(skald.run().databases[NORTH] ?? '', SKU);
    const input = { sku: SKU, quantity: 1, from: NORTH, to: SOUTH };
    const { body } = await shop.post({ definition: 'transfer-stock', input });
    return { id: body.id, north };
  }

  if (transport === 'http') {
    test(
      'needs attention with its last known locks, and since when; back again, it does as decided',
      async () => {
        const { id, north } = await halfPrepared();
        const waiting = await seen('what the south holds', async () =>
          ofSouth(id, (await inDoubt()).items),
        );
        expect(waiting.locks).toContainEqual(APPENDED);

        skald.signal(SOUTH, 'SIGSTOP');
        try {
          await north.release();
          const deaf = await seen('what the south held when it was seen last', async () => {
            const item = ofSouth(id, await attention());
            return item?.decision === 'commit' && !item.reachable && item;
          });
          expect(deaf.locks).toEqual(waiting.locks);
          const { participants } = await inDoubt();
          const south = participants.find(({ name }) => name === SOUTH);
          expect(Date.parse(south?.unreachableSince ?? '')).toBeLessThanOrEqual(Date.now());
          expect(await shop.find(id)).toMatchObject({
            status: 'committing',
            branches: [{ acknowledged: true }, { vote: 'commit', acknowledged: false }],
          });
        } finally {
          skald.signal(SOUTH, 'SIGCONT');
        }
        await ended(id, 'committed');
        expect(await shop.moved(id)).toEqual([[-1], [1]]);
        await seen('nothing to be in doubt', async () => (await inDoubt()).items.length === 0);
      },
      TEST_MS,
    );
  } else {
    test(
      'is listed by what it says on its topic, and obeys a human; what contradicts is mixed',
      async () => {
        const { id, north } = await halfPrepared();
        const { gid, locks } = await seen('what the south holds', async () =>
          ofSouth(id, (await inDoubt()).items),
        );
        expect(locks).toContainEqual(APPENDED);
        const order = { participant: SOUTH, gid, outcome: 'abort', reason: 'it stands in the way' };
        const resolved = await shop.ask('in-doubt/resolve', { method: 'POST', body: order });
        expect(resolved).toMatchObject({ status: 200, body: { result: 'sent' } });
        await seen('the south to obey', async () => !ofSouth(id, (await inDoubt()).items));

        await north.release();
        const parked: TransactionView = await ended(id, 'parked');
        expect(parked).toMatchObject({
          decision: 'commit',
          heuristic: 'mixed',
          parked: { reason: 'heuristic-mixed' },
        });
        expect(await shop.moved(id)).toEqual([[-1], []]);
        const { body } = await shop.ask<List<AuditItem>>(`audit?object=${id}`);
        expect(body.items).toMatchObject([
          { action: 'in-doubt-resolve', reason: 'it stands in the way' },
        ]);
      },
      TEST_MS,
    );
  }
});
