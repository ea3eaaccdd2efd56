import type { ServerResponse } from 'node:http';
import { serve, type LocalServer } from '../../../../test/setup/http-server.js';
import { command } from '../../../../test/setup/participant.js';
import { DecisionClient } from './decision-client.js';

let server: LocalServer;
let answer: (response: ServerResponse) => void;
beforeEach(async () => {
  server = await serve((response) => {
    answer(response);
  });
});
afterEach(() => server.close());

const branch = { ...command(), step: 'notes.1' };
const signal = new AbortController().signal;
const ask = () => new DecisionClient(new URL(server.origin)).ask(branch, signal);

function answering(body: unknown, status = 200): void {
  answer = (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}

it('asks for one step of one transaction', async () => {
  answering({ decision: 'undecided', retryAfterMs: 700 });
  expect(await ask()).toEqual({ decision: 'undecided', retryAfterMs: 700 });
  expect(server.requests).toMatchObject([
    {
      method: 'POST',
      path: `/v1/transactions/${branch.transaction}/decision`,
      body: '{"step":"notes.1"}',
    },
  ]);
});

it.each(['commit', 'abort', 'unknown'])('is told %s', async (decision) => {
  answering({ decision });
  expect(await ask()).toMatchObject({ decision });
});

it.each([
  ['another status', { decision: 'abort' }, 404],
  ['a word of its own', { decision: 'rollback' }, 200],
  ['nothing', {}, 200],
])('takes %s for no answer', async (_what, body, status) => {
  answering(body, status);
  await expect(ask()).rejects.toThrow();
});

it('takes what is no JSON, too long or a redirect for no answer', async () => {
  answer = (response) => response.end('<html>');
  await expect(ask()).rejects.toThrow();
  answer = (response) => response.end(' '.repeat(20_000));
  await expect(ask()).rejects.toThrow('more than 16384 bytes');
  answer = (response) => response.writeHead(307, { location: server.origin }).end();
  await expect(ask()).rejects.toThrow();
  expect(server.requests).toHaveLength(3);
});

it('gives up when it is told to', async () => {
  const stopping = new AbortController();
  answer = () => {
    stopping.abort();
  };
  const asked = new DecisionClient(new URL(server.origin)).ask(branch, stopping.signal);
  await expect(asked).rejects.toThrow('aborted');
});
