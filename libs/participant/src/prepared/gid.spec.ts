import { command } from '../../../../test/setup/participant.js';
import { Gids } from './gid.js';

const longest = 'n'.repeat(41);
const gids = new Gids('skald');

test.each(['notes.1', 'group.notes.9999', 'notes', `${longest}.${longest}.9999`])(
  'the gid of %s says all of the branch, and needs no quotes',
  (step) => {
    const { transaction, startedAt } = command();
    const gid = gids.of({ transaction, step, startedAt });
    expect(gids.parse(gid)).toEqual({ transaction, step, startedAt });
    expect(gid).toMatch(/^[a-z0-9:.-]+$/);
  },
);

test('the longest gid is one that PostgreSQL takes', () => {
  const branch = { ...command(), step: `${longest}.${longest}.9999`, startedAt: 8.64e15 };
  expect(new Gids(longest).of(branch).length).toBeLessThan(200);
});

test('what is not of this coordinator is none of its branches', () => {
  const { transaction } = command();
  for (const gid of [
    `skald:other:${transaction}:notes.1:a`,
    `skald:skald:${transaction}:notes.0:a`,
    `skald:skald:${transaction}:notes.1`,
    `skald:skald:${transaction}:notes.1:a:b`,
    `skald:skald:${transaction}:Notes.1:a`,
    `skald:skald:x:notes.1:a`,
    'skald:skald:',
    'other',
  ]) {
    expect(gids.parse(gid)).toBeUndefined();
  }
  expect(() => new Gids("it's")).toThrow('is not a name');
});
