import { Client } from 'pg';
import { bodyOf, GOOD, startApi, until, type Api, type Body } from '../setup/api.js';
import { testDatabase, type TestDatabase } from '../setup/database.js';

let elsewhere: TestDatabase;
let holder: Client;
let one: Api;
let other: Api;

/** While it is open, no snapshot of the server looks past it: positions must not depend on that. */
async function prepareElsewhere(): Promise<void> {
  elsewhere = await testDatabase();
  holder = new Client({ connectionString: elsewhere.url });
  await holder.connect();
  await holder.query('create table held (n integer)');
  await holder.query('begin');
  await holder.query('insert into held values (1)');
  await holder.query(`prepare transaction 'stream spec'`);
}

beforeAll(async () => {
  await prepareElsewhere();
  one = await startApi({ streamPollMs: 20 });
  other = await startApi({ streamPollMs: 20 }, one);
});
afterAll(async () => {
  await other.close();
  await one.close();
  await holder.query(`rollback prepared 'stream spec'`);
  await holder.end();
  await elsewhere.drop();
});

interface Seen {
  readonly id: string;
  readonly data: Body;
}

/** Reads a stream until it is closed; gives whole events only. */
async function listen(api: Api, lastEventId?: string) {
  const aborter = new AbortController();
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await api.request('/v1/stream', { headers, signal: aborter.signal });
  expect(response.status).toBe(200);
  const events: Seen[] = [];
  const reading = (async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      events.push(...blocks.flatMap(parse));
    }
  })().catch(() => undefined);
  const close = async () => {
    aborter.abort();
    await reading;
  };
  return { events, close };
}

function parse(block: string): Seen[] {
  const [, id] = /^id: (.+)$/m.exec(block) ?? [];
  const [, data] = /^data: (.+)$/m.exec(block) ?? [];
  return id && data ? [{ id, data: JSON.parse(data) as Body }] : [];
}

const get = async (api: Api, path: string) => bodyOf(await api.request(path));

/** Begun at one, whose participants are silent; ordered about at the other: both write its history. */
async function runAcross(count: number): Promise<string[]> {
  const noisy = new Set<string>();
  for (const api of [one, other]) {
    api.answerBy(({ transaction }) =>
      noisy.has(transaction)
        ? { outcome: 'succeeded', reply: { holdId: 'h', chargeId: 'c' } }
        : undefined,
    );
  }
  const run = async (index: number) => {
    const [first, second] = index % 2 === 0 ? [one, other] : [other, one];
    const { id } = await bodyOf(await first.post('/v1/transactions', GOOD));
    const path = `/v1/transactions/${id as string}`;
    for (const [nth, api] of [second, first, second].entries()) {
      if (nth === 2) noisy.add(id as string);
      const response = await api.post(`${path}/retry`, { reason: `for the ${nth}. time` });
      expect([202, 409]).toContain(response.status);
    }
    await until(
      () => get(first, path),
      ({ status }) => status === 'completed',
    );
    return id as string;
  };
  return Promise.all(Array.from({ length: count }, (_, index) => run(index)));
}

const changesOf = (events: readonly Seen[], id: string) =>
  events.filter(({ data }) => data['id'] === id).map(({ data }) => data);

async function expectWhole(events: readonly Seen[], ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const { items } = await get(one, `/v1/transactions/${id}/history`);
    const history = (items as readonly Body[]).map(({ version }) => version);
    const changes = await until(
      () => Promise.resolve(changesOf(events, id)),
      (seen) => seen.length >= history.length,
    );
    expect(changes.map(({ version }) => version)).toEqual(history);
    expect(changes.at(-1)).toMatchObject({ status: 'completed' });
  }
}

test('the stream of each coordinator has the changes of all, in order for each transaction', async () => {
  const streams = await Promise.all([listen(one), listen(other)]);
  const ids = await runAcross(20);
  for (const { events } of streams) await expectWhole(events, ids);
  await Promise.all(streams.map(({ close }) => close()));
});

test('who comes back at the other coordinator misses nothing and gets nothing twice', async () => {
  const first = await listen(one);
  const ids = await runAcross(5);
  await expectWhole(first.events, ids);
  await first.close();
  const cut = Math.floor(first.events.length / 3);
  const before = first.events.slice(0, cut);
  const missed = await runAcross(10);
  const second = await listen(other, before.at(-1)?.id);
  const live = await runAcross(5);
  const resumed = () => [...before, ...second.events];
  await until(
    () => Promise.resolve(resumed()),
    (events) => live.every((id) => changesOf(events, id).at(-1)?.['status'] === 'completed'),
  );
  await expectWhole(resumed(), [...ids, ...missed, ...live]);
  await second.close();
});
