import type { TransactionId } from '@skald/core';
import { SILENT, type Change, type ChangePage, type StreamPosition } from '@skald/engine';
import { until } from '../../../../test/setup/api.js';
import { ChangeFeed } from './change-feed.js';
import { covers, merge } from './position.js';

/** Rows of two writers as they become visible; what `views.changes` promises, without a database. */
class Rows {
  readonly all: Change[] = [];
  isDown = false;
  reads = 0;

  add(writer: number): void {
    const flush = this.all.filter((row) => row.step === String(writer)).length + 1;
    const before = this.all.at(-1)?.position ?? {};
    this.all.push({
      id: `${writer}-${flush}` as TransactionId,
      definition: 'buy',
      status: 'running',
      version: flush,
      at: 0,
      type: 'started',
      step: String(writer),
      direction: null,
      position: merge(before, { [String(writer)]: [flush, 0] }),
    });
  }

  changes(position: StreamPosition | null, limit: number): Promise<ChangePage> {
    this.reads += 1;
    if (this.isDown) return Promise.reject(new Error('gone'));
    const end = this.all.at(-1)?.position ?? {};
    if (position === null) return Promise.resolve({ changes: [], position: end, hasMore: false });
    const own = (row: Change) => {
      const writer = row.step ?? '';
      return { [writer]: row.position[writer] ?? [0, 0] } as StreamPosition;
    };
    const unseen = this.all.filter((row) => !covers(position, own(row))).slice(0, limit);
    let at = position;
    const changes = unseen.map((row) => {
      at = merge(at, own(row));
      return { ...row, position: at };
    });
    return Promise.resolve({ changes, position: at, hasMore: changes.length === limit });
  }
}

const open: ChangeFeed[] = [];
afterEach(() => Promise.all(open.splice(0).map((feed) => feed.close())));

function feedOver(rows: Rows): ChangeFeed {
  const feed = new ChangeFeed({ views: rows, wanted: 'all', pollMs: 5, log: SILENT });
  open.push(feed);
  return feed;
}

function listener() {
  const got: string[] = [];
  const ends: string[] = [];
  return {
    got,
    ends,
    changed: ({ id }: Change) => void got.push(id),
    looked: () => undefined,
    lost: () => void ends.push('lost'),
  };
}

const has = (got: readonly string[], count: number) =>
  until(
    () => Promise.resolve(got.length),
    (length) => length >= count,
  );

test('one look serves all, and nobody looks while nobody listens', async () => {
  const rows = new Rows();
  const feed = feedOver(rows);
  const [one, two] = [listener(), listener()];
  const ends = await Promise.all([feed.subscribe(one, undefined), feed.subscribe(two, undefined)]);
  rows.add(1);
  await Promise.all([has(one.got, 1), has(two.got, 1)]);
  for (const end of ends) end();
  const { reads } = rows;
  // Another feed that goes on tells that it had time to look again.
  const clock = new Rows();
  await feedOver(clock).subscribe(listener(), undefined);
  await until(
    () => Promise.resolve(clock.reads),
    (looks) => looks > 5,
  );
  expect(rows.reads - reads).toBeLessThanOrEqual(1);
});

test('who resumes behind gets what was missed exactly once, whatever arrives meanwhile', async () => {
  const rows = new Rows();
  const feed = feedOver(rows);
  const early = listener();
  await feed.subscribe(early, undefined);
  for (let i = 0; i < 1_200; i++) rows.add(1 + (i % 2));
  await has(early.got, 1_200);
  const late = listener();
  const from = rows.all[199]?.position;
  const subscribing = feed.subscribe(late, from);
  for (let i = 0; i < 50; i++) rows.add(1 + (i % 2));
  await subscribing;
  await has(late.got, 1_050);
  expect(late.got).toEqual(rows.all.slice(200).map(({ id }) => id));
  expect(early.got).toEqual(rows.all.map(({ id }) => id));
});

test('an interruption ends all subscriptions, so that they resume from where they were', async () => {
  const rows = new Rows();
  const feed = feedOver(rows);
  const one = listener();
  await feed.subscribe(one, undefined);
  rows.isDown = true;
  await has(one.ends, 1);
  await expect(feed.subscribe(listener(), undefined)).rejects.toThrow('gone');
  rows.isDown = false;
  rows.add(1);
  const again = listener();
  await feed.subscribe(again, {});
  await has(again.got, 1);
  expect(again.got).toEqual(['1-1']);
});
