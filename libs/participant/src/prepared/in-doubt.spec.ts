import {
  branch,
  participantDatabase,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { recordHeuristic } from './heuristics.js';
import { barrierOn, gids, write } from './prepared-barrier.fixture.js';
import { finish, type DecidedOutcome } from './prepared-transactions.js';

let database: ParticipantDatabase;
beforeEach(async () => {
  database = await participantDatabase();
});
afterEach(() => database.drop());

it.each(['commit', 'abort'] as const)(
  'a decision that contradicts a human who said %s is told so, as one that agrees (B14)',
  async (outcome: DecidedOutcome) => {
    const barrier = barrierOn(database);
    const { prepare, commit, abort } = branch();
    await barrier.prepare(prepare, write('a'));
    const runner = database.dataSource.createQueryRunner();
    await recordHeuristic(runner, prepare, { outcome, by: 'ann', reason: 'it blocks' });
    await finish(runner, gids.of(prepare), outcome);
    await runner.release();

    const told = { outcome: `heuristic-${outcome}` };
    expect(await barrier.commit(commit)).toEqual(told);
    expect(await barrier.abort(abort)).toEqual(told);
    expect(await database.notes()).toEqual(outcome === 'commit' ? ['a'] : []);
  },
);
