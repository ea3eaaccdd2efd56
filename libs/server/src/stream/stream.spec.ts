import { bodyOf, GOOD, startApi, until, type Api, type Body } from '../../../../test/setup/api.js';

let api: Api;
beforeAll(async () => {
  api = await startApi({ maxStreams: 3, streamPollMs: 20 });
});
afterAll(() => api.close());

interface Event {
  readonly id: string;
  readonly data: Body;
}

interface Listening {
  readonly events: Event[];
  readonly text: () => string;
  readonly headers: Headers;
  close(): Promise<void>;
}

/** Reads a stream until it is closed. */
async function listen(query = '', headers: Record<string, string> = {}): Promise<Listening> {
  const aborter = new AbortController();
  const { signal } = aborter;
  // The server may not have noticed yet that an earlier stream was closed.
  const response = await until(
    () => api.request(`/v1/stream${query}`, { headers, signal }),
    ({ status }) => status !== 503,
  );
  expect(response.status).toBe(200);
  const events: Event[] = [];
  let text = '';
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      events.length = 0;
      events.push(...parse(text));
    }
  })().catch(() => undefined);
  const close = async () => {
    aborter.abort();
    await reading;
  };
  return { events, text: () => text, headers: response.headers, close };
}

function parse(text: string): Event[] {
  const blocks = text.split('\n\n').filter((block) => block.includes('event: transaction'));
  return blocks.flatMap((block) => {
    const [, id] = /^id: (.+)$/m.exec(block) ?? [];
    const [, data] = /^data: (.+)$/m.exec(block) ?? [];
    return id && data ? [{ id, data: JSON.parse(data) as Body }] : [];
  });
}

const run = async (labels = {}): Promise<string> => {
  const body = { ...GOOD, labels };
  const response = await api.post('/v1/transactions', body, { prefer: 'wait=10' });
  return (await bodyOf(response))['id'] as string;
};
const versionsOf = ({ events }: Listening, id: string) =>
  events.filter(({ data }) => data['id'] === id).map(({ data }) => data['version'] as number);
const hasEnded = (listening: Listening, id: string) =>
  until(
    () => Promise.resolve(versionsOf(listening, id)),
    (versions) => versions.length >= 4,
  );

test('every change comes once and in order, with the headers of a stream', async () => {
  const listening = await listen();
  expect(listening.headers.get('content-type')).toContain('text/event-stream');
  expect(listening.headers.get('cache-control')).toBe('no-store');
  expect(listening.headers.get('x-content-type-options')).toBe('nosniff');
  const id = await run();
  expect(await hasEnded(listening, id)).toEqual([1, 2, 3, 4]);
  expect(listening.events.at(-1)?.data).toMatchObject({
    id,
    definition: 'buy',
    status: 'completed',
    version: 4,
  });
  expect(listening.text()).toMatch(/^retry: 1000\n: ready\n\n/);
  await listening.close();
});

test('a client that comes back misses nothing and gets nothing twice', async () => {
  const first = await listen();
  const before = await run();
  await hasEnded(first, before);
  const at = first.events.findIndex(({ data }) => data['id'] === before && data['version'] === 2);
  await first.close();
  const missed = await Promise.all(Array.from({ length: 10 }, () => run()));
  const second = await listen('', { 'last-event-id': first.events[at]?.id ?? '' });
  const live = await run();
  for (const id of [...missed, live]) expect(await hasEnded(second, id)).toEqual([1, 2, 3, 4]);
  expect(versionsOf(second, before)).toEqual([3, 4]);
  await second.close();
});

test('filters by definition, status and id', async () => {
  const [mine, other] = [await listen('?status=completed'), await listen('?definition=sell')];
  const id = await run();
  await until(
    () => Promise.resolve(versionsOf(mine, id)),
    (versions) => versions.length > 0,
  );
  expect(versionsOf(mine, id)).toEqual([4]);
  const only = await listen(`?id=${id}`);
  expect(other.events).toEqual([]);
  await Promise.all([mine.close(), other.close(), only.close()]);
});

test('who wants only the latest is told of the end, and of no state twice', async () => {
  const listening = await listen('?latest=true');
  const ids = await Promise.all(Array.from({ length: 10 }, () => run()));
  for (const id of ids) {
    const versions = await until(
      () => Promise.resolve(versionsOf(listening, id)),
      (all) => all.at(-1) === 4,
    );
    expect(versions).toEqual([...new Set(versions)].sort());
  }
  await listening.close();
});

test('streams are capped, and closing one makes room', async () => {
  const open = await Promise.all([listen(), listen(), listen()]);
  const refused = await api.request('/v1/stream');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  await Promise.all(open.map((one) => one.close()));
  await (await listen()).close();
});

test.each([
  ['?status=stuck', 'status'],
  ['?id=x', 'id'],
  ['?latest=newest', 'latest'],
  ['?lastEventId=nonsense', 'Last-Event-ID'],
])('%s is refused by name', async (query, name) => {
  const response = await api.request(`/v1/stream${query}`);
  expect(response.status).toBe(400);
  expect((await bodyOf(response))['detail']).toContain(name);
});

test('HEAD does not open a stream', async () => {
  const response = await api.request('/v1/stream', { method: 'HEAD' });
  expect([response.status, await response.text()]).toEqual([200, '']);
});
