import { HttpException, Logger, NotFoundException } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { lastValueFrom, type Observable } from 'rxjs';
import { ProblemFilter, requestInvalid } from './problem.filter.js';

beforeAll(() => {
  Logger.overrideLogger(false);
});

interface Sent {
  readonly status: number;
  readonly type: string;
  readonly body: Record<string, unknown>;
}

/** What a caller of `GET /things?q=1` gets when `error` is thrown. */
function answered(error: unknown): Sent {
  const sent = { status: 0, type: '', body: {} };
  const response = {
    status: (status: number) => Object.assign(response, { sent: Object.assign(sent, { status }) }),
    type: (type: string) => Object.assign(response, { sent: Object.assign(sent, { type }) }),
    send: (body: object) => Object.assign(sent, { body }),
  };
  const host = new ExecutionContextHost([{ url: '/things?q=1' }, response]);
  new ProblemFilter().catch(error, host);
  return sent;
}

test('what was not found is said', () => {
  expect(answered(new NotFoundException('there is no thing 1'))).toEqual({
    status: 404,
    type: 'application/problem+json',
    body: {
      type: 'urn:skald:problem:ROUTE_NOT_FOUND',
      title: 'No such resource',
      status: 404,
      code: 'ROUTE_NOT_FOUND',
      detail: 'there is no thing 1',
      instance: '/things',
    },
  });
});

test('all wrong fields are named at once', () => {
  const error = requestInvalid([
    { message: 'expected int', path: ['items', 0, { key: 'a/b' }] },
    { message: 'expected a body' },
  ]);
  expect(answered(error).body).toMatchObject({
    status: 400,
    detail: '/items/0/a~1b: expected int; /: expected a body',
    errors: [
      { pointer: '/items/0/a~1b', detail: 'expected int' },
      { pointer: '', detail: 'expected a body' },
    ],
  });
});

test.each([
  [Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 503],
  [Object.assign(new Error('the database system is starting up'), { code: '57P03' }), 503],
  [Object.assign(new Error('Body is too large'), { statusCode: 413 }), 413],
  [new HttpException('a teapot', 418), 400],
])('%s is answered with %d', (error, status) => {
  expect(answered(error)).toMatchObject({ status, body: { status, detail: error.message } });
});

test('what an error of ours was is not told', () => {
  const { status, body } = answered(new Error('password: 1234'));
  expect(status).toBe(500);
  expect(JSON.stringify(body)).not.toContain('1234');
});

test('what a handler of commands throws passes unchanged', async () => {
  const error = new Error('from a handler');
  const host = new ExecutionContextHost([]);
  host.setType('rpc');
  const passed = new ProblemFilter().catch(error, host) as Observable<never>;
  await expect(lastValueFrom(passed)).rejects.toBe(error);
});
