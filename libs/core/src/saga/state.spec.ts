import { backoffMs, RETRY_BEFORE_PIVOT } from '../retry.js';
import { after, begin, done, exhausted, failed, no, onFrom, park } from './small-saga.fixture.js';
import { cut } from '../trouble.js';
import { decodeState, encodeState, STEP_STATES, type SagaState } from './state.js';

test('a state survives its encoding', () => {
  const pivot = after(done(), done());
  const states = [
    begin(),
    after(failed),
    after(park),
    pivot,
    onFrom(pivot, ...exhausted),
    onFrom(pivot, no),
    onFrom(pivot, no, failed),
    onFrom(pivot, no, no),
    onFrom(pivot, done(), done()),
  ].map(({ state }) => state);
  for (const state of states) expect(decodeState(encodeState(state))).toEqual(state);

  const steps = STEP_STATES.map((status, index) => ({
    status,
    actionAttempts: index % 3,
    compensationAttempts: index % 2,
  }));
  const all: SagaState = { steps, pending: [], groups: [], failure: null, parked: null };
  expect(decodeState(encodeState(all))).toEqual(all);
});

test('the state of 100 steps with the longest names, reasons and details stays below 2 kB', () => {
  const name = 'n'.repeat(41);
  const reason = cut('"\u0000€'.repeat(1_000), 100);
  const detail = cut('\\\ud83d\ude00'.repeat(1_000), 300);
  const state: SagaState = {
    steps: Array.from({ length: 100 }, () => ({
      status: 'compensated',
      actionAttempts: 20,
      compensationAttempts: 50,
    })),
    pending: [
      {
        step: 99,
        direction: 'compensation',
        attempt: 150,
        firstAttempt: 101,
        resendAt: 1_790_000_000_000,
        lastError: { outcome: 'rejected', reason },
        branch: null,
      },
    ],
    groups: [],
    failure: {
      step: name,
      participant: name,
      operation: name,
      outcome: 'deadline-passed',
      reason,
      detail,
    },
    parked: {
      reason: 'compensation-rejected',
      from: 'compensating',
      at: 1_790_000_000_000,
      detail,
    },
  };

  expect(Buffer.byteLength(encodeState(state))).toBeLessThan(2_048);
});

test('a text is cut by its bytes in JSON, never within a character, and carries nothing harmful', () => {
  expect(cut('plain', 100)).toBe('plain');
  expect(cut('abc', 2)).toBe('ab');
  expect(cut('a\u0000b\nc', 9)).toBe('a b c');
  expect(cut('€€€', 8)).toBe('€€');
  expect(cut('x\ud83d\ude00y', 4)).toBe('x');
  expect(cut('\ud800', 9)).toBe('\ufffd');
  expect(cut(undefined, 9)).toBe('');
  expect(JSON.stringify(cut('"\\'.repeat(99), 10))).toHaveLength(12);
});

test('backoff doubles up to its cap, with full jitter', () => {
  const ceilings = [1, 2, 3, 6, 50, 1e9].map((n) => backoffMs(RETRY_BEFORE_PIVOT, n, 0.999_999));
  expect(ceilings).toEqual([199, 399, 799, 4_999, 4_999, 4_999]);
  expect(backoffMs(RETRY_BEFORE_PIVOT, 1, 0)).toBe(0);
  expect(backoffMs(RETRY_BEFORE_PIVOT, 1, Number.NaN)).toBe(200);
});
