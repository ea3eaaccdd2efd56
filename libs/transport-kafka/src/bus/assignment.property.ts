import { fc, test } from '@fast-check/jest';
import { assignPartitions, type GroupMember } from './assignment.js';

const TOPICS = ['a', 'b', 'c'];
const partitions = fc.integer({ min: 1, max: 12 });
const held = fc.array(fc.integer({ min: 0, max: 14 }), { maxLength: 12 });
const ids = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,4}$/), { minLength: 1, maxLength: 8 });

/** Members that all subscribe to all topics, each with something that it says it had. */
const alike = ids.chain((names) =>
  fc
    .array(held, { minLength: names.length, maxLength: names.length })
    .map((all) => names.map((id, index) => ({ id, topics: TOPICS, held: all[index] ?? [] }))),
);
/** Members of a group in the middle of a rolling upgrade. */
const different = alike.chain((members) =>
  fc
    .array(fc.subarray(TOPICS, { minLength: 1 }), {
      minLength: members.length,
      maxLength: members.length,
    })
    .map((topics) => members.map((one, index) => ({ ...one, topics: topics[index] ?? [] }))),
);

function assign(members: readonly GroupMember[], count: number) {
  return assignPartitions(members, new Map(TOPICS.map((topic) => [topic, count])));
}

/** Partition numbers of the first topic by member. */
function numbersOf(members: readonly GroupMember[], count: number): Map<string, readonly number[]> {
  const assigned = assign(members, count);
  return new Map(members.map(({ id }) => [id, assigned.get(id)?.['a'] ?? []]));
}

/** The members as they join again: each with what it was given. */
function rejoining(members: readonly GroupMember[], count: number): GroupMember[] {
  const numbers = numbersOf(members, count);
  return members.map((member) => ({ ...member, held: numbers.get(member.id) ?? [] }));
}

test.prop([different, partitions])(
  'G1: every partition has exactly one reader',
  (members, count) => {
    const assigned = assign(members, count);
    for (const topic of TOPICS) {
      const readers = members.filter(({ topics }) => topics.includes(topic));
      const read = members.flatMap(({ id }) => assigned.get(id)?.[topic] ?? []);
      const all = Array.from({ length: count }, (_, partition) => partition);
      expect([...read].sort((a, b) => a - b)).toEqual(readers.length > 0 ? all : []);
      for (const { id, topics } of members) {
        if (!topics.includes(topic)) expect(assigned.get(id)).not.toHaveProperty(topic);
      }
    }
  },
);

test.prop([alike, partitions])('G2: who has p of one topic has p of all', (members, count) => {
  for (const own of assign(members, count).values()) {
    for (const topic of TOPICS) expect(own[topic]).toEqual(own['a']);
  }
});

test.prop([alike, partitions])('G3: all have as many, give or take one', (members, count) => {
  const counts = [...numbersOf(members, count).values()].map((numbers) => numbers.length);
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
});

test.prop([alike, partitions])('G4: nothing moves when all join again', (members, count) => {
  const again = rejoining(members, count);
  expect(assign(again, count)).toEqual(assign(members, count));
});

test.prop([alike, partitions])('G4: who leaves moves only what it had', (members, count) => {
  const [gone, ...stay] = rejoining(members, count);
  fc.pre(gone !== undefined && stay.length > 0);
  const after = numbersOf(stay, count);
  for (const { id, held: had } of stay) expect(after.get(id)).toEqual(expect.arrayContaining(had));
});

test.prop([alike, partitions])('G4: who comes takes no more than its share', (members, count) => {
  const stay = rejoining(members, count);
  const comes = { id: 'zzzzz', topics: TOPICS, held: [] };
  const after = numbersOf([...stay, comes], count);
  const share = after.get(comes.id) ?? [];
  const moved = stay.flatMap(({ id, held: had }) =>
    had.filter((partition) => after.get(id)?.includes(partition) !== true),
  );
  expect(moved.sort()).toEqual([...share].sort());
});

test.prop([different, partitions])('G5: order does not matter', (members, count) => {
  expect(new Map([...assign([...members].reverse(), count)].sort())).toEqual(
    new Map([...assign(members, count)].sort()),
  );
});

test('topics of different size agree on the partitions that both have', () => {
  const members = ['x', 'y'].map((id) => ({ id, topics: ['a', 'b'], held: [] }));
  const assigned = assignPartitions(
    members,
    new Map([
      ['a', 5],
      ['b', 2],
    ]),
  );
  for (const { a = [], b = [] } of assigned.values()) {
    expect(b).toEqual(a.filter((partition) => partition < 2));
  }
});
