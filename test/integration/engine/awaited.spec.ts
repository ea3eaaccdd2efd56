import { PostgresViews } from '@skald/storage-postgres';
import { scripted, engineSuite } from '../../setup/engine-suite.js';
import { startOf } from '../../setup/engine.js';

const { start, databaseUrl } = engineSuite();

const failed = { outcome: 'failed', reason: 'handler-error' } as const;

test.each([
  ['that went well', {}],
  ['with attempts that failed', { 'book-flight': [failed, failed], pay: [failed] }],
])(
  'whoever waits gets the history that is stored, without reading it: one %s',
  async (_, script) => {
    const { engine } = await start({ answer: scripted(script) });
    const request = { ...startOf('trip', { trip: 'a' }), isAwaited: true };
    await engine.begin(request);
    const ended = await engine.waitForEnd(request.id, 10_000);
    const views = new PostgresViews({ url: databaseUrl() });
    const stored = await views.history(request.id, 0, 100);
    await views.close();
    expect(stored).toHaveLength(ended?.transaction.seq ?? 0);
    expect(ended?.history).toEqual(stored);
  },
);

test('for nobody it is not kept', async () => {
  const { engine } = await start();
  const request = startOf('trip', { trip: 'a' });
  await engine.begin(request);
  const ended = await engine.waitForEnd(request.id, 10_000);
  expect(ended?.transaction.status).toBe('completed');
  expect(ended?.history).toBeUndefined();
});
