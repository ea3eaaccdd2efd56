import {
  Catch,
  Controller,
  Injectable,
  Module,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { map, of, throwError, type Observable } from 'rxjs';
import { notes, Notes, participantApp, send } from '../../../../test/setup/participant-app.js';
import {
  command,
  participantDatabase,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { RetryLater, StepRejected } from '../errors.js';
import type { HandlerContext } from '../handler-context.js';
import { Handles } from '../handles.js';

let database: ParticipantDatabase;
beforeEach(async () => {
  database = await participantDatabase();
});
afterEach(() => database.drop());

/** What the participant answers to one `write` of `text`. */
async function reply(
  text: string,
  options: { controller?: new () => unknown; prepare?: (app: INestApplication) => void } = {},
) {
  const { controller = Notes, prepare } = options;
  const { app, url } = await participantApp({
    dataSource: database.dataSource,
    controllers: [controller],
    ...(prepare && { prepare }),
  });
  const [answer] = await send(url, command({ data: { text } }));
  await app.close();
  return answer?.data;
}

@Injectable()
class NoSecrets implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { command: info } = context.switchToRpc().getContext<HandlerContext>();
    const { text } = context.switchToRpc().getData<{ text: string }>();
    return context.getType() === 'rpc' && info.operation === 'write' && text !== 'secret';
  }
}

class Upper implements PipeTransform {
  transform(value: { text?: string }): unknown {
    return value.text === undefined ? value : { text: value.text.toUpperCase() };
  }
}

class Exclaim implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value: { wrote: string }) => ({ wrote: `${value.wrote}!` })));
  }
}

class DomainError extends Error {}

@Catch(DomainError)
class RejectDomainErrors implements ExceptionFilter {
  catch(error: DomainError): Observable<never> {
    return throwError(() => new StepRejected('domain', error.message));
  }
}

/** A filter as apps have for HTTP: it takes everything and knows nothing of messages. */
@Catch()
class HttpOnly implements ExceptionFilter {
  catch(_error: unknown, host: { switchToHttp(): { getResponse(): unknown } }): void {
    (host.switchToHttp().getResponse() as { status(code: number): void }).status(500);
  }
}

/** Throws what its request names. */
@Controller()
class Throwing extends Notes {
  @Handles(notes.write)
  override async write(
    { text }: { text: string },
    { db }: HandlerContext,
  ): Promise<{ wrote: string }> {
    await db.query('insert into note values ($1)', [text]);
    if (text === 'domain') throw new DomainError('domain says no');
    if (text === 'rejected') throw new StepRejected('no');
    if (text === 'later') throw new RetryLater(250, 'busy');
    throw new Error('no pencil');
  }
}

const succeeded = (wrote: string) => ({ outcome: 'succeeded', reply: { wrote } });
const forbidden = { outcome: 'failed', reason: 'handler-error', detail: 'Forbidden resource' };

describe('on the handler itself', () => {
  @Controller()
  class Decorated extends Notes {
    @UseGuards(NoSecrets)
    @UsePipes(Upper)
    @UseInterceptors(Exclaim)
    @Handles(notes.write)
    override write(request: { text: string }, context: HandlerContext) {
      return super.write(request, context);
    }
  }

  @Controller()
  class DecoratedBelow extends Notes {
    @Handles(notes.write)
    @UseGuards(NoSecrets)
    @UsePipes(Upper)
    @UseInterceptors(Exclaim)
    override write(request: { text: string }, context: HandlerContext) {
      return super.write(request, context);
    }
  }

  it.each([Decorated, DecoratedBelow])(
    'guards, pipes and interceptors apply: %p',
    async (controller) => {
      expect(await reply('hello', { controller })).toEqual(succeeded('HELLO!'));
      expect(await reply('secret', { controller })).toEqual(forbidden);
      expect(await database.notes()).toEqual(['HELLO']);
    },
  );

  it('a filter may turn an error into a no', async () => {
    @Controller()
    class Filtered extends Throwing {
      @UseFilters(RejectDomainErrors)
      @Handles(notes.write)
      override write(request: { text: string }, context: HandlerContext) {
        return super.write(request, context);
      }
    }
    const no = { outcome: 'rejected', reason: 'domain', detail: 'domain says no' };
    expect(await reply('domain', { controller: Filtered })).toEqual(no);
    expect(await database.notes()).toEqual([]);
  });

  it('a filter may turn an error into a reply', async () => {
    @Catch(DomainError)
    class Forgive implements ExceptionFilter {
      catch(): Observable<unknown> {
        return of({ wrote: 'forgiven' });
      }
    }

    @Controller()
    class Forgiving extends Throwing {
      @UseFilters(Forgive)
      @Handles(notes.write)
      override write(request: { text: string }, context: HandlerContext) {
        return super.write(request, context);
      }
    }
    expect(await reply('domain', { controller: Forgiving })).toEqual(succeeded('forgiven'));
  });
});

describe('for the whole app', () => {
  it('guards, pipes and interceptors apply', async () => {
    const prepare = (app: INestApplication) => {
      app.useGlobalGuards(new NoSecrets());
      app.useGlobalPipes(new Upper());
      app.useGlobalInterceptors(new Exclaim());
    };
    expect(await reply('hello', { prepare })).toEqual(succeeded('HELLO!'));
    expect(await reply('secret', { prepare })).toEqual(forbidden);
  });

  it('a guard that is injected applies', async () => {
    @Module({ providers: [{ provide: APP_GUARD, useClass: NoSecrets }] })
    class Guarded {}
    const { app, url } = await participantApp({
      dataSource: database.dataSource,
      imports: [Guarded],
    });
    expect(await send(url, command({ data: { text: 'secret' } }))).toMatchObject([
      { data: forbidden },
    ]);
    await app.close();
  });

  it('a filter applies', async () => {
    const prepare = (app: INestApplication) => app.useGlobalFilters(new RejectDomainErrors());
    const answer = await reply('domain', { controller: Throwing, prepare });
    expect(answer).toMatchObject({ outcome: 'rejected', reason: 'domain' });
  });

  it.each([
    ['rejected', { outcome: 'rejected', reason: 'no' }],
    ['later', { outcome: 'failed', reason: 'busy', retryAfterMs: 250 }],
    ['other', { outcome: 'failed', reason: 'handler-error', detail: 'no pencil' }],
  ])('a catch-all filter made for HTTP does not hide %s', async (text, expected) => {
    const prepare = (app: INestApplication) => app.useGlobalFilters(new HttpOnly());
    expect(await reply(text, { controller: Throwing, prepare })).toEqual(expected);
    expect(await reply(text, { controller: Throwing })).toEqual(expected);
    expect(await database.notes()).toEqual([]);
  });
});
