import { warehouse } from '@skald/contracts';
import { validate } from '@skald/core';
import { RUN_ID as transferId, runTwoPhase } from '@skald/testing';
import { transferStock } from './transfer-stock.two-phase.js';

const north = warehouse('warehouse-north');
const south = warehouse('warehouse-south');
const input = {
  sku: 'SKU-007',
  quantity: 5,
  from: 'warehouse-north',
  to: 'warehouse-south',
} as const;
const move = (quantity: number) => ({ sku: 'SKU-007', quantity, transferId });
const movementId = transferId;

test.each([
  [input, -5, 5],
  [{ ...input, from: input.to, to: input.from }, 5, -5],
])('one gives what the other gets', (given, atNorth, atSouth) => {
  const run = runTwoPhase(transferStock, given)
    .expects(north.move(move(atNorth)), 'prepare')
    .votes('commit')
    .expects(south.move(move(atSouth)), 'prepare')
    .votes('commit')
    .expects(north.move(move(atNorth)), 'commit')
    .succeeds({ movementId })
    .expects(south.move(move(atSouth)), 'commit')
    .succeeds({ movementId })
    .expectsNothing();

  expect(run.status).toBe('committed');
  expect(run.output).toEqual(given);
});

test('what is not there is not moved, and nothing arrives', () => {
  const run = runTwoPhase(transferStock, input)
    .expects(south.move(move(5)), 'prepare')
    .votes('commit')
    .expects(north.move(move(-5)), 'prepare')
    .rejects('not-enough-stock')
    .expects(south.move(move(5)), 'abort')
    .succeeds()
    .expectsNothing();

  expect(run.status).toBe('aborted');
  expect(run.failure).toMatchObject({
    participant: 'warehouse-north',
    reason: 'not-enough-stock',
  });
});

test('a warehouse that decided alone, and otherwise, is never a success', () => {
  const run = runTwoPhase(transferStock, input)
    .expects(north.move(move(-5)), 'prepare')
    .votes('commit')
    .expects(south.move(move(5)), 'prepare')
    .votes('commit')
    .expects(north.move(move(-5)), 'commit')
    .answers({ outcome: 'heuristic-abort' })
    .expects(south.move(move(5)), 'commit')
    .succeeds({ movementId })
    .expectsNothing();

  expect(run.status).toBe('parked');
  expect(run.parked).toMatchObject({ reason: 'heuristic-mixed' });
});

test.each([
  ['/to', { ...input, to: 'warehouse-north' }],
  ['/from', { ...input, from: 'warehouse-east' }],
  ['/quantity', { ...input, quantity: -5 }],
  ['/quantity', { ...input, quantity: 0 }],
])('input that is wrong at "%s" is refused by that pointer', (pointer, wrong) => {
  expect(validate(transferStock.input, wrong)).toMatchObject({ ok: false, errors: [{ pointer }] });
});
