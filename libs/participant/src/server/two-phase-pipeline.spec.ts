import {
  Catch,
  Injectable,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { map, throwError, type Observable } from 'rxjs';
import {
  participantDatabase,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { StepRejected } from '../errors.js';
import type { HandlerContext } from '../handler-context.js';
import { ask, padApp, padBranch } from '../../../../test/setup/pad.js';

let database: ParticipantDatabase;
let app: INestApplication;
let url: string;
/** Directions of the commands that the guard saw. */
let guarded: string[];
beforeEach(async () => {
  guarded = [];
  database = await participantDatabase();
  ({ app, url } = await padApp(database, {
    prepare: (starting) => {
      starting.useGlobalGuards(new NoSecrets());
      starting.useGlobalPipes(new Upper());
      starting.useGlobalInterceptors(new Exclaim());
      starting.useGlobalFilters(new RejectConflicts());
    },
  }));
});
afterEach(async () => {
  await app.close();
  await database.drop();
});

@Injectable()
class NoSecrets implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { command } = context.switchToRpc().getContext<HandlerContext>();
    guarded.push(command.direction);
    return context.switchToRpc().getData<{ text: string }>().text !== 'secret';
  }
}

class Upper implements PipeTransform {
  transform(value: { text?: string }): unknown {
    return value.text === undefined ? value : { text: value.text.toUpperCase() };
  }
}

class Exclaim implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const exclaim = (reply: { wrote: string } | undefined) => reply && { wrote: `${reply.wrote}!` };
    return next.handle().pipe(map(exclaim));
  }
}

/** Turns a unique violation into a no. */
@Catch()
class RejectConflicts implements ExceptionFilter {
  catch(error: Error): Observable<never> {
    const isConflict = error.message.includes('unique');
    return throwError(() => (isConflict ? new StepRejected('taken') : error));
  }
}

const YES = { outcome: 'succeeded', reply: {}, vote: 'commit' };

it.each([
  ['write', ['prepare'], ['A']],
  ['hold', ['prepare', 'commit'], ['kept A!']],
] as const)('guards, pipes and interceptors apply to %s', async (operation, directions, notes) => {
  const { prepare, commit } = padBranch(operation, 'a');
  expect(await ask(url, prepare)).toEqual(YES);
  expect(await ask(url, commit)).toEqual({ outcome: 'succeeded', reply: { wrote: 'A!' } });
  expect(guarded).toEqual(directions);
  expect(await database.notes()).toEqual(notes);
});

it.each(['write', 'hold'] as const)('what a guard refuses of %s is no vote', async (operation) => {
  const { prepare } = padBranch(operation, 'secret');
  const failed = { outcome: 'failed', reason: 'handler-error', detail: 'Forbidden resource' };
  expect(await ask(url, prepare)).toEqual(failed);
  expect([await database.prepared(), await database.inbox()]).toEqual([[], []]);
});

it.each(['write', 'hold'] as const)('a filter makes an error of %s a no', async (operation) => {
  await database.dataSource.query(`insert into note values ('A'), ('held A')`);
  const { prepare } = padBranch(operation, 'a');
  expect(await ask(url, prepare)).toEqual({ outcome: 'rejected', reason: 'taken' });
  expect(await database.inbox()).toMatchObject([{ direction: 'prepare', outcome: 'rejected' }]);
});
