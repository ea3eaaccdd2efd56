import { Logger } from '@nestjs/common';
import {
  branch,
  participantDatabase,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { waitFor } from '../../../../tools/wait.mjs';
import type { Answer } from './decision-client.js';
import type { Branch } from './gid.js';
import { barrierOn, gids, inDoubtOn, never, write } from './prepared-barrier.fixture.js';
import type { PreparedBarrier } from './prepared-barrier.js';
import { Recovery } from './recovery.js';

let database: ParticipantDatabase;
let barrier: PreparedBarrier;
let asked: string[];
let answers: (branch: Branch) => Answer['decision'] | Error;
beforeEach(async () => {
  Logger.overrideLogger(false);
  database = await participantDatabase();
  barrier = barrierOn(database);
  asked = [];
});
afterEach(() => database.drop());

function recovery(options: { graceMs?: number; retryAfterMs?: number } = {}): Recovery {
  const { graceMs = 0, retryAfterMs = 0 } = options;
  const coordinator = {
    ask: (of: Branch) => {
      asked.push(gids.of(of));
      const decision = answers(of);
      return decision instanceof Error
        ? Promise.reject(decision)
        : Promise.resolve({ decision, retryAfterMs });
    },
  };
  const inDoubt = inDoubtOn(database, barrier);
  return new Recovery({ inDoubt, barrier, coordinator, recoveryIntervalMs: 60_000, graceMs });
}

async function prepared(text = 'a') {
  const commands = branch();
  await barrier.prepare(commands.prepare, write(text));
  return { ...commands, gid: gids.of(commands.prepare) };
}

it('finishes what the coordinator has decided, and nothing else (B16)', async () => {
  const [yes, no, open] = [await prepared('yes'), await prepared('no'), await prepared('open')];
  const decisions = new Map<string, Answer['decision']>([
    [yes.gid, 'commit'],
    [no.gid, 'abort'],
  ]);
  answers = (of) => decisions.get(gids.of(of)) ?? 'undecided';
  await recovery().round();
  expect(await database.notes()).toEqual(['yes']);
  expect(await database.prepared()).toEqual([open.gid]);

  expect(await barrier.commit(yes.commit)).toEqual({
    outcome: 'succeeded',
    reply: { wrote: 'yes' },
  });
  expect(await barrier.prepare(no.prepare, never)).toMatchObject({ reason: 'late-action' });
});

it('keeps what is unknown to the coordinator, and alarms (B16)', async () => {
  const { gid } = await prepared();
  answers = () => 'unknown';
  const job = recovery();
  await job.round();
  await job.round();
  expect(await database.prepared()).toEqual([gid]);
  expect(job.reasons()).toContain('prepared: 1 transactions the coordinator does not know');
});

it('asks again for what is undecided, not before it was told to', async () => {
  const { gid } = await prepared();
  answers = () => 'undecided';
  const patient = recovery({ retryAfterMs: 60_000 });
  await patient.round();
  await patient.round();
  expect(asked).toEqual([gid]);

  const eager = recovery();
  await eager.round();
  answers = () => 'commit';
  await eager.round();
  expect([await database.prepared(), await database.notes()]).toEqual([[], ['a']]);
  expect(eager.reasons()).toEqual([]);
});

it('takes silence for nothing, and asks no more for the others in that round (B16)', async () => {
  for (const text of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await prepared(text);
  answers = () => new Error('connect ECONNREFUSED');
  await recovery().round();
  expect(asked.length).toBeLessThanOrEqual(4);
  expect(await database.prepared()).toHaveLength(7);
});

it('leaves young ones alone, except at its start, when they are of an earlier process', async () => {
  answers = () => 'undecided';
  const job = recovery({ graceMs: 60_000 });
  const first = await prepared('a');
  await job.round();
  await prepared('b');
  await job.round();
  expect(asked).toEqual([first.gid]);
});

it('runs from its start on, and gives up its questions when it stops', async () => {
  const { gid } = await prepared();
  answers = () => 'commit';
  const job = recovery();
  job.start();
  await waitFor(async () => (await database.prepared()).length === 0, {
    timeoutMs: 5_000,
    what: 'the recovery of one transaction',
  });
  await job.stop();
  expect(asked).toEqual([gid]);
});

it('tells operators what is prepared for long, and a server that is half full', async () => {
  answers = () => 'undecided';
  const items = [
    { ...branch().prepare, gid: 'a', ageMs: 95_000 },
    { ...branch().prepare, gid: 'b', ageMs: 31_000 },
    { ...branch().prepare, gid: 'c', ageMs: 29_000 },
  ];
  const inDoubt = Object.assign(inDoubtOn(database, barrier), {
    overview: () => Promise.resolve({ used: 251, maxPrepared: 500, items }),
  });
  const coordinator = {
    ask: () => Promise.resolve({ decision: 'undecided', retryAfterMs: 0 } as const),
  };
  const job = new Recovery({
    inDoubt,
    barrier,
    coordinator,
    recoveryIntervalMs: 60_000,
    graceMs: 0,
  });
  await job.round();
  expect(job.reasons()).toEqual([
    'prepared: 251 of at most 500 transactions of the server',
    'prepared: 2 transactions for over 30 s, one for 95 s',
  ]);
});
