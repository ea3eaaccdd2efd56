import { Story, ID, buy } from './history.fixture.js';
import { historyItemOf, HistoryItem } from './history-view.js';
import { itemOf, viewOf } from './view.js';
import { TransactionItem, TransactionView } from './view.schema.js';

const succeeded = (reply: unknown) => ({ outcome: 'succeeded', reply }) as const;
const rejected = (reason: string, detail?: string) =>
  ({ outcome: 'rejected', reason, ...(detail !== undefined && { detail }) }) as const;
const failed = (reason: string) => ({ outcome: 'failed', reason }) as const;
const held = () => new Story().replied('hold', succeeded({ holdId: 'h-1' }));

function view(story: Story, seconds = 1_000) {
  const shown = viewOf(story.snapshot(), story.history, Story.ms(seconds));
  expect(TransactionView.safeParse(shown).error).toBeUndefined();
  return {
    ...shown,
    steps: Object.fromEntries((shown.steps ?? []).map((step) => [step.name, step])),
  };
}

test('a saga that has just begun waits for its first step', () => {
  expect(view(new Story(), 1)).toMatchObject({
    id: ID,
    protocol: 'saga',
    definition: 'buy',
    definitionVersion: 3,
    status: 'running',
    version: 1,
    labels: { shop: 'eu' },
    input: { sku: 'W' },
    output: null,
    parked: null,
    failure: null,
    waitingFor: [
      { step: 'hold', direction: 'action', participant: 'stock', operation: 'hold', attempt: 1 },
    ],
    owner: '4',
    createdAt: Story.at(0),
    endedAt: null,
    dueAt: Story.at(10),
    deadline: Story.at(600),
    steps: {
      hold: {
        kind: 'compensatable',
        state: 'running',
        action: { attempts: 1, request: { orderId: ID }, reply: null, startedAt: Story.at(0) },
        compensation: { operation: 'free', attempts: 0, request: null, startedAt: null },
      },
      charge: { kind: 'pivot', state: 'pending', compensation: null },
    },
  });
});

test('a completed saga shows every reply, its times and its output', () => {
  const story = held().replied('charge', succeeded({ chargeId: 'c-1' }));
  expect(view(story.replied('notify', succeeded({})))).toMatchObject({
    status: 'completed',
    output: { chargeId: 'c-1' },
    waitingFor: [],
    owner: null,
    endedAt: Story.at(3),
    steps: {
      hold: { state: 'succeeded', action: { attempts: 1, reply: { holdId: 'h-1' }, error: null } },
      charge: {
        action: { reply: { chargeId: 'c-1' }, startedAt: Story.at(1), endedAt: Story.at(2) },
      },
    },
  });
});

test('an attempt that waits for its backoff is not counted yet', () => {
  const story = new Story().replied('hold', failed('unavailable'));
  const resendAt = (story.snapshot().dueAt ?? 0) - Story.ms(0);
  const waiting = view(story, 1);
  expect(waiting.waitingFor).toMatchObject([{ attempt: 2, maxAttempts: 2 }]);
  expect(waiting.steps['hold']?.action).toMatchObject({
    attempts: 1,
    error: { outcome: 'failed', reason: 'unavailable' },
    endedAt: null,
  });
  expect(view(story, resendAt / 1_000).steps['hold']?.action?.attempts).toBe(2);
});

test('a success after failures keeps the attempts and drops the error', () => {
  const story = new Story().replied('hold', failed('unavailable'));
  story.replied('hold', succeeded({ holdId: 'h-1' }));
  expect(view(story).steps['hold']?.action).toMatchObject({ attempts: 2, error: null });
});

test('a rejection turns back: the failure, the rejected step, and the compensation under way', () => {
  expect(view(held().replied('charge', rejected('card-declined', 'no funds')), 3)).toMatchObject({
    status: 'compensating',
    failure: {
      step: 'charge',
      participant: 'bank',
      operation: 'charge',
      outcome: 'rejected',
      reason: 'card-declined',
      detail: 'no funds',
    },
    waitingFor: [{ step: 'hold', direction: 'compensation', operation: 'free', attempt: 1 }],
    steps: {
      charge: {
        state: 'rejected',
        action: {
          error: { outcome: 'rejected', reason: 'card-declined', detail: 'no funds' },
          endedAt: Story.at(2),
        },
      },
      hold: {
        state: 'compensating',
        compensation: { attempts: 1, request: { orderId: ID }, startedAt: Story.at(2) },
      },
    },
  });
});

test('a step whose outcome stays unknown ends where its compensation begins', () => {
  const story = new Story().timedOut('hold').timedOut('hold');
  expect(view(story, 3)).toMatchObject({
    status: 'compensating',
    failure: { step: 'hold', outcome: 'failed', reason: 'timeout' },
    steps: {
      hold: {
        action: {
          attempts: 2,
          reply: null,
          error: { outcome: 'failed', reason: 'timeout' },
          endedAt: Story.at(2),
        },
        compensation: { startedAt: Story.at(2) },
      },
    },
  });
  const ended = view(story.replied('hold', succeeded({}), 'compensation'));
  expect(ended.status).toBe('compensated');
  expect(ended.steps['hold']?.compensation).toMatchObject({ reply: {}, endedAt: Story.at(3) });
});

test('a parked saga says why, since when, and what it waits for', () => {
  const story = held().replied('charge', rejected('card-declined'));
  story.replied('hold', rejected('shipped'), 'compensation');
  expect(view(story)).toMatchObject({
    status: 'parked',
    parked: { reason: 'compensation-rejected', from: 'compensating', at: Story.at(3) },
    waitingFor: [{ step: 'hold', direction: 'compensation', nextAttemptAt: null }],
    steps: { hold: { compensation: { attempts: 1, error: { reason: 'shipped' } } } },
  });
  const asked = { by: 'local', reason: 'try again' };
  expect(view(story.happens({ type: 'retry-requested', ...asked }), 4)).toMatchObject({
    status: 'compensating',
    parked: null,
    steps: { hold: { compensation: { attempts: 2, endedAt: null } } },
  });
});

test('what a human resolved shows as the reply', () => {
  const story = held().replied('charge', rejected('card-declined'));
  story.replied('hold', rejected('shipped'), 'compensation');
  story.happens({ type: 'skip-requested', by: 'local', reason: 'done by hand', step: 'hold' });
  expect(view(story)).toMatchObject({
    status: 'compensated',
    steps: { hold: { state: 'skipped', compensation: { endedAt: Story.at(4) } } },
  });
});

test('without its history the view lacks times only', () => {
  const story = held();
  const { steps } = viewOf(story.snapshot(), [], Story.ms(2));
  expect(steps?.[0]?.action).toMatchObject({
    attempts: 1,
    reply: { holdId: 'h-1' },
    startedAt: null,
  });
});

test('a definition that this instance lacks leaves the rest of the view', () => {
  const snapshot = { ...held().snapshot(), definition: undefined };
  expect(viewOf(snapshot, [], 0)).toMatchObject({ definition: 'buy', steps: [], waitingFor: [] });
});

test('list items are the view without payloads and steps', () => {
  const story = held();
  const item = itemOf(story.snapshot());
  expect(TransactionItem.safeParse(item).error).toBeUndefined();
  const {
    input: _input,
    output: _output,
    steps: _steps,
    ...rest
  } = viewOf(story.snapshot(), story.history, 0);
  expect(item).toEqual(rest);
});

test('history rows carry the event complete, a reply directly in data', () => {
  const { history } = held().replied('charge', rejected('card-declined'));
  const items = history.map(historyItemOf);
  for (const item of items) expect(HistoryItem.safeParse(item).error).toBeUndefined();
  expect(items[0]).toMatchObject({ seq: 1, type: 'started', data: { input: { sku: 'W' } } });
  expect(items[2]).toMatchObject({
    type: 'reply-received',
    step: 'charge',
    direction: 'action',
    attempt: 1,
    status: 'compensating',
    by: null,
    data: { outcome: 'rejected', reason: 'card-declined' },
  });
  expect(buy.steps).toHaveLength(3);
});
