import { identityOf, type Definition } from '@skald/core';
import { loadConfig } from './config.js';
import { placeOrder } from './definitions/place-order.saga.js';
import { placeOrderAtomic } from './definitions/place-order-atomic.saga.js';
import { settleOrder } from './definitions/settle-order.two-phase.js';
import { tuned } from './tuning.js';

const tunedBy = (environment: Record<string, string>, definition: Definition = placeOrder) =>
  tuned(definition, loadConfig({ DATABASE_URL: 'postgres://u@127.0.0.1/db', ...environment }));

test('without overrides a definition stays as it was written', () => {
  expect(tunedBy({})).toEqual(placeOrder);
});

test('overrides reach every step in both directions, and leave the identity alone', () => {
  const definition = tunedBy({
    SKALD_STEP_TIMEOUT_MS: '300',
    SKALD_RETRY_ATTEMPTS_BEFORE_PIVOT: '3',
    SKALD_RETRY_ATTEMPTS_FROM_PIVOT: '7',
    SKALD_RETRY_INITIAL_MS: '10',
    SKALD_RETRY_CAP_MS: '50',
    SKALD_DEADLINE_MS: '9000',
  });
  expect(definition.deadlineMs).toBe(9_000);
  const [create, reserve, charge, confirm] = 'steps' in definition ? definition.steps : [];
  const fast = { initialMs: 10, capMs: 50, factor: 2 };
  for (const step of [create, reserve]) {
    expect(step?.action).toMatchObject({ timeoutMs: 300, retry: { ...fast, maxAttempts: 3 } });
    expect(step?.compensation).toMatchObject({
      timeoutMs: 300,
      retry: { ...fast, maxAttempts: 7 },
    });
  }
  for (const step of [charge, confirm]) {
    expect(step?.action).toMatchObject({ timeoutMs: 300, retry: { ...fast, maxAttempts: 7 } });
  }
  expect(identityOf(definition)).toBe(identityOf(placeOrder));
});

test('overrides reach every branch of a two-phase definition, too', () => {
  const tuned = tunedBy({ SKALD_STEP_TIMEOUT_MS: '300', SKALD_DEADLINE_MS: '9000' }, settleOrder);
  expect(tuned.deadlineMs).toBe(9_000);
  const branches = 'branches' in tuned ? tuned.branches : [];
  expect(branches.map(({ command }) => command.timeoutMs)).toEqual([300, 300, 300]);
  expect(identityOf(tuned)).toBe(identityOf(settleOrder));
});

test('overrides reach the branches of an atomic step, too', () => {
  const tuned = tunedBy({ SKALD_STEP_TIMEOUT_MS: '300' }, placeOrderAtomic);
  const [, take] = 'steps' in tuned ? tuned.steps : [];
  expect(take?.group?.branches.map(({ command }) => command.timeoutMs)).toEqual([300, 300]);
  expect(identityOf(tuned)).toBe(identityOf(placeOrderAtomic));
});
