import { BadRequestException } from '@nestjs/common';
import { CoordinatorError, PROBLEMS, type ProblemCode } from '@skald/core';
import { StoreError } from '@skald/engine';
import { readFile } from 'node:fs/promises';
import { problemOf } from './problem.js';

const codes = Object.keys(PROBLEMS) as ProblemCode[];

test.each(codes)('%s has the status and title of the table', (code) => {
  const { problem, retryAfterSeconds } = problemOf(new CoordinatorError(code, 'why'), '/v1/x');
  const { status, title } = PROBLEMS[code];
  expect(problem).toEqual({
    type: `urn:skald:problem:${code}`,
    title,
    status,
    code,
    detail: 'why',
    instance: '/v1/x',
  });
  expect(retryAfterSeconds).toBe(status === 503 ? 1 : undefined);
});

test('what nobody expected tells nothing of itself', () => {
  const { problem, isUnexpected } = problemOf(new TypeError('secret of line 7'), '/');
  expect(isUnexpected).toBe(true);
  expect(JSON.stringify(problem)).not.toMatch(/secret|TypeError|at /);
  expect(problem).toMatchObject({ status: 500, code: 'INTERNAL' });
});

test.each([
  ['a lost connection', new StoreError('unavailable', 'ECONNRESET'), 'STORE_UNAVAILABLE'],
  ['a deadlock', new StoreError('conflict', 'deadlock'), 'STORE_UNAVAILABLE'],
  ['refused data', new StoreError('data', 'invalid byte'), 'INTERNAL'],
  ['an exception of Nest', new BadRequestException('no'), 'REQUEST_INVALID'],
  ['too long a URL', Object.assign(new Error('x'), { statusCode: 414 }), 'REQUEST_INVALID'],
  ['a closing server', Object.assign(new Error('x'), { statusCode: 503 }), 'OVERLOADED'],
  ['a string', 'oops', 'INTERNAL'],
])('%s is %3$s', (_what, error, code) => {
  expect(problemOf(error, '/').problem.code).toBe(code);
});

test('a wait that the error asks for is rounded up to whole seconds', () => {
  const error = new CoordinatorError('OVERLOADED', 'x', { retryAfterSeconds: 2.1 });
  expect(problemOf(error, '/').retryAfterSeconds).toBe(3);
});

test('docs/reference/problems.md has every code with its status and title, and no other', async () => {
  const file = new URL('../../../../docs/reference/problems.md', import.meta.url);
  const text = await readFile(file, 'utf8');
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| (\d+) \| ([^|]+) \|/gm)];
  const documented = rows.map(([, code, status, title]) => [code, Number(status), title]);
  const table = codes.map((code) => [code, PROBLEMS[code].status, PROBLEMS[code].title]);
  expect(documented).toEqual(table);
});
