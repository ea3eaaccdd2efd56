import { answerTypeOf, DIRECTIONS, isEnded, STATUSES, statusesOf } from '../transaction.js';
import { branchStepName, isStepName, MAX_ROUND, parseStepName } from './step-name.js';

const LONG = 'n'.repeat(41);

test.each([
  ['charge-card', { step: 'charge-card', branch: null, round: null }],
  ['ledger.1', { step: null, branch: 'ledger', round: 1 }],
  ['stock.12', { step: null, branch: 'stock', round: 12 }],
  [`${LONG}.${MAX_ROUND}`, { step: null, branch: LONG, round: MAX_ROUND }],
])('%s names %j', (text, name) => {
  expect(parseStepName(text)).toEqual(name);
  expect(isStepName(text)).toBe(true);
  const { branch, round } = name;
  if (branch !== null) expect(branchStepName(branch, round)).toBe(text);
});

test.each([
  '',
  '.',
  'a.',
  '.1',
  'a.0',
  'a.01',
  'a.10000',
  'a.b',
  'a.b.1',
  'a.b.c.1',
  'A.1',
  'a.1 ',
  'a..1',
  '1.1',
])('%j names no step', (text) => {
  expect(parseStepName(text)).toBeUndefined();
  expect(isStepName(text)).toBe(false);
});

test('the event of an answer is called by what was asked', () => {
  expect(DIRECTIONS.map(answerTypeOf)).toEqual([
    ...['reply-received', 'reply-received', 'reply-received'],
    ...['vote-received', 'decision-acknowledged', 'decision-acknowledged'],
  ]);
});

test('each protocol has its own statuses and shares parked; parked is not ended', () => {
  expect(statusesOf('saga')).toEqual([
    'running',
    'compensating',
    'completed',
    'compensated',
    'parked',
  ]);
  expect(statusesOf('two-phase')).toEqual([
    ...['preparing', 'committing', 'aborting', 'committed', 'aborted', 'parked'],
  ]);
  expect(STATUSES.filter(isEnded)).toEqual(['completed', 'compensated', 'committed', 'aborted']);
});
