/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access --
   what does not compile has no type */
import { z } from 'zod';
import { participant } from '../contract/participant.js';
import { saga } from './define.js';

const Id = z.object({ id: z.string() });
const stock = participant('stock', {
  reserve: { request: z.object({ sku: z.string() }), reply: Id },
  release: { request: Id, reply: z.object({}) },
});
const input = z.object({ sku: z.string() });
const action = [stock.reserve, () => ({ sku: 'a' })] as const;
const compensation = [stock.release, () => ({ id: 'a' })] as const;

test('what follows the grammar and the data flow builds', () => {
  const built = saga('x', { version: 1, input })
    .compensatable('reserve', {
      action: [stock.reserve, ({ input: { sku } }) => ({ sku })],
      compensation: [
        stock.release,
        ({ transaction, replies }) => ({ id: replies.reserve?.id ?? transaction.id }),
      ],
    })
    .pivot('charge', { action: [stock.release, ({ replies }) => ({ id: replies.reserve.id })] })
    .retriable('confirm', { action })
    .output(({ replies }) => ({ id: replies.confirm.id }))
    .build();
  expect(built.steps.map(({ kind }) => kind)).toEqual(['compensatable', 'pivot', 'retriable']);
});

test('what does not is refused by the compiler', () => {
  const begin = () => saga('x', { version: 1, input });

  // @ts-expect-error A step that comes before the pivot must say how to undo it.
  begin().compensatable('a', { action });

  // @ts-expect-error Nothing after the pivot can be compensatable.
  begin().pivot('a', { action }).compensatable('b', { action, compensation });

  // @ts-expect-error There is one pivot.
  begin().pivot('a', { action }).pivot('b', { action });

  // @ts-expect-error A retriable step ends the part that can be undone.
  begin().retriable('a', { action }).pivot('b', { action });

  // @ts-expect-error A reply exists only after its step.
  begin().pivot('a', { action: [stock.release, ({ replies }) => ({ id: replies.b.id })] });

  // @ts-expect-error The input has no such field.
  begin().pivot('a', { action: [stock.release, ({ input: { id } }) => ({ id })] });

  // @ts-expect-error A mapping gives what the operation takes.
  begin().pivot('a', { action: [stock.release, () => ({ sku: 'a' })] });

  begin().compensatable('a', {
    action,
    // @ts-expect-error A compensation's own reply may be undefined: the outcome can be unknown.
    compensation: [stock.release, ({ replies }) => ({ id: replies.a.id })],
  });

  expect.assertions(0);
});

test('an atomic step is the pivot, or compensatable, by what its branches say', () => {
  const take = saga('x', { version: 1, input }).atomically('take', (group) =>
    group
      .branch('one', stock.reserve, ({ input: { sku } }) => ({ sku }))
      .branch('other', stock.reserve, () => ({ sku: 'a' })),
  );
  const built = take
    .retriable('confirm', { action: [stock.release, ({ replies }) => ({ id: replies.one.id })] })
    .output(({ replies }) => ({ id: replies.other.id }))
    .build();
  expect(built.steps.map(({ kind }) => kind)).toEqual(['pivot', 'retriable']);

  const undoable = saga('x', { version: 1, input })
    .atomically('take', (group) =>
      group
        .branch('one', stock.reserve, ({ input: { sku } }) => ({ sku }), {
          compensation: [stock.release, ({ replies }) => ({ id: replies.one?.id ?? '' })],
        })
        .branch('other', stock.reserve, () => ({ sku: 'a' }), { compensation }),
    )
    .pivot('charge', { action: [stock.release, ({ replies }) => ({ id: replies.other.id })] })
    .build();
  expect(undoable.steps.map(({ kind }) => kind)).toEqual(['compensatable', 'pivot']);

  // @ts-expect-error There is one pivot.
  take.pivot('b', { action });

  // @ts-expect-error One branch alone is a plain step.
  begun().atomically('b', (group) => group.branch('one', stock.reserve, () => ({ sku: 'a' })));

  begun().atomically('b', (group) =>
    group
      .branch('one', stock.reserve, () => ({ sku: 'a' }), { compensation })
      // @ts-expect-error All branches have a compensation, or none.
      .branch('other', stock.reserve, () => ({ sku: 'a' })),
  );

  begun().atomically('b', (group) =>
    group
      .branch('one', stock.reserve, () => ({ sku: 'a' }))
      // @ts-expect-error Branches do not see each other's replies.
      .branch('other', stock.release, ({ replies }) => ({ id: replies.one.id })),
  );
});

const begun = () => saga('x', { version: 1, input });
