import { randomUUID } from 'node:crypto';
import { buildDashboard } from '../../tools/build/dashboard.mjs';
import { waitFor } from '../../tools/wait.mjs';
import { call, placeOrder, type OrderInput, type TransactionView } from '../setup/client.js';
import { startSkald, type Skald } from '../setup/skald.js';
import { breakConfirm, repairConfirm } from './troubles.mjs';

/** Few attempts, soon after each other: a failing step parks within a second. */
const IMPATIENT = {
  SKALD_RETRY_ATTEMPTS_FROM_PIVOT: '3',
  SKALD_RETRY_INITIAL_MS: '20',
  SKALD_RETRY_CAP_MS: '50',
};

/** Everything that npm start runs, the dashboard included, and ways to make trouble in it. */
export interface Stage {
  readonly skald: Skald;
  readonly url: string;
  /** Places an order. */
  readonly start: (given?: Started) => Promise<string>;
  readonly startOf: (definition: string, input: object) => Promise<string>;
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
  const put = async (body: object) => {
    const id = randomUUID();
    const { status } = await call(`${url}/v1/transactions/${id}`, { method: 'PUT', body });
    expect(status).toBe(201);
    return id;
  };
  const orders = () => skald.run().databases['order'] ?? '';
  return {
    skald,
    url,
    find,
    start: ({ input, labels = {} } = {}) => put({ ...placeOrder(input), labels }),
    startOf: (definition, input) => put({ definition, input }),
    until: (id, status) =>
      waitFor(
        async () => {
          const view = await find(id);
          return view.status === status && view;
        },
        { timeoutMs: 20_000, what: `${id} to be ${status}` },
      ),
    breakConfirm: (message) => breakConfirm(orders(), message),
    repairConfirm: () => repairConfirm(orders()),
  };
}
