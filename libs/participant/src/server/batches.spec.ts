import { Controller, type INestApplication } from '@nestjs/common';
import type { CommandEvent } from '@skald/core';
import {
  BatchedNotes,
  notes,
  participantApp,
  send,
} from '../../../../test/setup/participant-app.js';
import {
  command,
  participantDatabase,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import type { BatchEntry } from '../handler-context.js';
import { Handles, HandlesBatch } from '../handles.js';

interface Text {
  readonly text: string;
}

let database: ParticipantDatabase;
let app: INestApplication;
let url: string;
beforeEach(async () => {
  BatchedNotes.sizes.length = 0;
  database = await participantDatabase();
  ({ app, url } = await participantApp({
    dataSource: database.dataSource,
    controllers: [BatchedNotes],
  }));
});
afterEach(async () => {
  await app.close();
  await database.drop();
});

function writes(...texts: unknown[]): CommandEvent[] {
  return texts.map((text) => command({ data: { text } }));
}

async function answers(commands: readonly CommandEvent[]) {
  return (await send(url, ...commands)).map(({ data }) => data);
}

const wrote = (text: string) => ({ outcome: 'succeeded', reply: { wrote: text } });

describe('a handler of batches', () => {
  it('gets an envelope at once, and each entry has an outcome of its own', async () => {
    const commands = writes('a', 'no', 'b');
    const expected = [wrote('a'), { outcome: 'rejected', reason: 'no' }, wrote('b')];
    expect(await answers(commands)).toEqual(expected);
    expect(await answers(commands)).toEqual(expected);
    expect([BatchedNotes.sizes, await database.notes()]).toEqual([[3], ['a', 'b']]);
  });

  it('that throws is called one by one, and costs only the culprit', async () => {
    const failed = { outcome: 'failed', reason: 'handler-error', detail: 'no pencil' };
    expect(await answers(writes('a', 'break', 'b'))).toEqual([wrote('a'), failed, wrote('b')]);
    expect([BatchedNotes.sizes, await database.notes()]).toEqual([
      [3, 1, 1, 1],
      ['a', 'b'],
    ]);
  });

  it('is not given what does not fit the contract', async () => {
    expect(await answers(writes('a', 7, 'b'))).toEqual([
      wrote('a'),
      expect.objectContaining({ outcome: 'failed', reason: 'request-invalid' }),
      wrote('b'),
    ]);
    expect(BatchedNotes.sizes).toEqual([2]);
  });

  it('gets a command that comes alone as a batch of one, and its refusal rolls back', async () => {
    expect(await answers(writes('a'))).toEqual([wrote('a')]);
    expect(await answers(writes('no'))).toEqual([{ outcome: 'rejected', reason: 'no' }]);
    expect(BatchedNotes.sizes).toEqual([1, 1]);
  });

  it('keeps out an action whose compensation is in the same envelope and was first', async () => {
    const [action, other] = writes('a', 'b') as [CommandEvent, CommandEvent];
    const undo = { direction: 'compensation', operation: 'erase', isRefusable: false } as const;
    const compensation = command({ ...undo, transaction: action.transaction });
    expect(await answers([compensation])).toEqual([{ outcome: 'succeeded', reply: {} }]);
    expect(await answers([action, other])).toEqual([
      expect.objectContaining({ outcome: 'rejected', reason: 'late-action' }),
      wrote('b'),
    ]);
    expect(await database.notes()).toEqual(['b']);
  });
});

it('a handler of batches that also handles the operation otherwise is refused', async () => {
  @Controller()
  class Both extends BatchedNotes {
    @Handles(notes.write)
    one({ text }: Text): Promise<{ wrote: string }> {
      return Promise.resolve({ wrote: text });
    }
  }
  await expect(
    participantApp({ dataSource: database.dataSource, controllers: [Both] }),
  ).rejects.toThrow('notes.write: has @Handles, @HandlesBatch, and needs either');
});

test('a handler of batches that does not fit its contract does not compile', () => {
  class Wrong {
    // @ts-expect-error The handler takes entries, not one request.
    @HandlesBatch(notes.write)
    async request(_request: Text): Promise<{ wrote: string }[]> {
      await Promise.resolve();
      return [];
    }

    // @ts-expect-error It returns a reply, or a refusal, for each.
    @HandlesBatch(notes.write)
    async reply(_entries: readonly BatchEntry<Text>[]): Promise<string[]> {
      await Promise.resolve();
      return [];
    }
  }
  expect(Wrong).toBeDefined();
});
