import { randomUUID } from 'node:crypto';
import { buildDashboard } from '../../tools/build/dashboard.mjs';
import { withClient } from '../../tools/postgres/index.mjs';
import { waitFor } from '../../tools/wait.mjs';
import { call, placeOrder, type OrderInput, type TransactionView } from '../setup/client.js';
import { startSkald, type Skald } from '../setup/skald.js';

/** Few attempts, soon after each other: a failing step parks within a second. */
const IMPATIENT = {
  SKALD_RETRY_ATTEMPTS_FROM_PIVOT: '3',
  SKALD_RETRY_INITIAL_MS: '20',
  SKALD_RETRY_CAP_MS: '50',
};

const BREAK = (message: string) => `
  create or replace function refuse_confirm() returns trigger language plpgsql as $break$
  begin raise exception '%', $text$${message}$text$; end $break$;
  create or replace trigger refuse_confirm before update on customer_order for each row
  when (new.status = 'confirmed') execute function refuse_confirm()`;
const REPAIR = 'drop trigger if exists refuse_confirm on customer_order';

/** Everything that npm start runs, the dashboard included, and ways to make trouble in it. */
export interface Stage {
  readonly skald: Skald;
  readonly url: string;
  readonly start: (given?: Started) => Promise<string>;
  readonly find: (id: string) => Promise<TransactionView>;
  readonly until: (id: string, status: string) => Promise<TransactionView>;
  /** From now on no order can be confirmed, for the reason given, until it is repaired. */
  readonly breakConfirm: (message: string) => Promise<void>;
  readonly repairConfirm: () => Promise<void>;
}

export interface Started {
  readonly input?: Partial<OrderInput>;
  readonly labels?: Readonly<Record<string, string>>;
}

export async function startStage(): Promise<Stage> {
  buildDashboard();
  const skald = await startSkald({ env: IMPATIENT });
  const url = skald.url('coordinator');
  const find = async (id: string) =>
    (await call<TransactionView>(`${url}/v1/transactions/${id}`)).body;
  const inOrders = (sql: string) =>
    withClient(skald.run().databases['order'] ?? '', async (client) => {
      await client.query(sql);
    });
  return {
    skald,
    url,
    find,
    start: async ({ input, labels = {} } = {}) => {
      const id = randomUUID();
      const body = { ...placeOrder(input), labels };
      const { status } = await call(`${url}/v1/transactions/${id}`, { method: 'PUT', body });
      expect(status).toBe(201);
      return id;
    },
    until: (id, status) =>
      waitFor(
        async () => {
          const view = await find(id);
          return view.status === status && view;
        },
        { timeoutMs: 20_000, what: `${id} to be ${status}` },
      ),
    breakConfirm: (message) => inOrders(BREAK(message)),
    repairConfirm: () => inOrders(REPAIR),
  };
}
