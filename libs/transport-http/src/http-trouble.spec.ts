import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { BATCH_CONTENT_TYPE, decodeCommand, encodeReply, type OutgoingCommand } from '@skald/core';
import { SILENT } from '@skald/engine';
import { makeCommand, RecordingSink, until } from '@skald/testing';
import { serve, type LocalServer } from '../../../test/setup/http-server.js';
import { HttpTransport, type HttpTransportOptions } from './http-transport.js';

const NOW = Date.UTC(2026, 10, 22, 10, 0, 0);
const closers: (() => Promise<unknown>)[] = [];
let sink: RecordingSink;

beforeEach(() => {
  sink = new RecordingSink();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function transportTo(origin: string, options: Partial<HttpTransportOptions> = {}) {
  const participants = { inventory: { origin, mode: 'batch' as const } };
  const base = { participants, log: SILENT, now: () => NOW, drainTimeoutMs: 50 };
  const transport = new HttpTransport({ ...base, ...options });
  await transport.start(sink);
  closers.push(() => transport.stop());
  return transport;
}

async function server(...[answer]: Parameters<typeof serve>): Promise<LocalServer> {
  const local = await serve(answer);
  closers.push(() => local.close());
  return local;
}

/** A server below HTTP, told only what to do with each connection. */
async function tcpServer(onConnection: (socket: Socket) => void): Promise<[string, Server]> {
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => tcp.close(resolve));
  });
  return [`http://127.0.0.1:${(tcp.address() as AddressInfo).port}`, tcp];
}

function replyTo(event: unknown): string {
  const command = decodeCommand(event);
  return encodeReply(command, 'inventory', { reply: { outcome: 'barred' }, at: NOW });
}

const repliesTo = (body: string) => (JSON.parse(body) as unknown[]).map(replyTo);

async function endOf(commands: readonly OutgoingCommand[]) {
  await until('all have ended', () => sink.count === commands.length);
  return sink.replies;
}

describe('an answer that is not exactly one reply per command', () => {
  const answers: [string, (replies: string[]) => string][] = [
    ['has too few', (replies) => `[${replies.slice(1).join(',')}]`],
    ['has too many', (replies) => `[${[...replies, ...replies].join(',')}]`],
    ['has another order', (replies) => `[${replies.reverse().join(',')}]`],
    ['repeats one', ([one = '']) => `[${one},${one}]`],
    ['is empty', () => ''],
    ['is no array', ([one = '']) => one],
    ['holds nonsense', ([one = '']) => `[${one},null]`],
    ['is cut off', (replies) => `[${replies.join(',')}`],
    ['holds a command', ([one = '']) => `[${one},${one.replace('reply.v1', 'command.v1')}]`],
    ['has an unknown outcome', (replies) => `[${replies.join(',').replace('barred', 'maybe')}]`],
    [
      'confuses directions',
      (replies) => `[${replies.join(',').replace('n":"action', 'n":"compensation')}]`,
    ],
  ];

  it.each(answers)('says nothing of any when it %s', async (_, spoil) => {
    const { origin } = await server((response, { body }) => {
      response.setHeader('content-type', BATCH_CONTENT_TYPE);
      response.end(spoil(repliesTo(body)));
    });
    const commands = [makeCommand({ attempt: 2 }), makeCommand({ attempt: 7 })];
    (await transportTo(origin)).send(commands);
    expect((await endOf(commands)).map(({ attempt, reply }) => [attempt, reply])).toEqual([
      [2, { outcome: 'failed', reason: 'bad-answer' }],
      [7, { outcome: 'failed', reason: 'bad-answer' }],
    ]);
  });

  it.each([undefined, 'application/json', 'text/html', 'application/cloudevents-batch+jsonx'])(
    'is not believed with the content type %s',
    async (contentType) => {
      const { origin } = await server((response, { body }) => {
        if (contentType !== undefined) response.setHeader('content-type', contentType);
        response.end(`[${repliesTo(body).join(',')}]`);
      });
      const commands = [makeCommand()];
      (await transportTo(origin)).send(commands);
      expect((await endOf(commands))[0]?.reply).toMatchObject({ reason: 'bad-answer' });
    },
  );

  it('counts for the attempt that was sent, and the content type may have parameters', async () => {
    const { origin } = await server((response, { body }) => {
      response.setHeader('content-type', `${BATCH_CONTENT_TYPE.toUpperCase()}; charset=utf-8`);
      response.end(
        `[${repliesTo(body).join(',').replace('"skaldattempt":4', '"skaldattempt":9')}]`,
      );
    });
    const commands = [makeCommand({ attempt: 4 })];
    (await transportTo(origin)).send(commands);
    expect(await endOf(commands)).toMatchObject([{ attempt: 4, reply: { outcome: 'barred' } }]);
  });
});

describe('any other status', () => {
  it.each([
    [500, undefined, {}],
    [204, undefined, {}],
    [404, undefined, {}],
    [503, '7', { retryAfterMs: 7000 }],
    [429, 'Sun, 22 Nov 2026 10:00:09 GMT', { retryAfterMs: 9000 }],
    [503, '999999', { retryAfterMs: 3_600_000 }],
    [503, 'later', {}],
  ])('%s with Retry-After %s fails what was sent', async (status, retryAfter, more) => {
    const { origin } = await server((response, { body }) => {
      response.writeHead(status, {
        'content-type': BATCH_CONTENT_TYPE,
        ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
      });
      response.end(`[${repliesTo(body).join(',')}]`);
    });
    const commands = [makeCommand(), makeCommand()];
    (await transportTo(origin)).send(commands);
    const reply = { outcome: 'failed', reason: `http-${status}`, ...more };
    expect((await endOf(commands)).map((event) => event.reply)).toEqual([reply, reply]);
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect (%s)', async (status) => {
    const canary = await server((response) => response.end());
    const { origin } = await server((response) => {
      response.writeHead(status, { location: `${canary.origin}/skald/v1/commands` }).end();
    });
    const commands = [makeCommand()];
    (await transportTo(origin)).send(commands);
    expect((await endOf(commands))[0]?.reply).toMatchObject({ reason: `http-${status}` });
    expect(canary.requests).toEqual([]);
  });
});

describe('a participant in trouble', () => {
  it('cannot make us read more than 1 MiB', async () => {
    const { origin } = await server((response) => {
      response.setHeader('content-type', BATCH_CONTENT_TYPE);
      response.write('[');
      response.end('x'.repeat(1024 * 1024));
    });
    const commands = [makeCommand()];
    (await transportTo(origin)).send(commands);
    expect((await endOf(commands))[0]?.reply).toEqual({
      outcome: 'failed',
      reason: 'response-too-large',
    });
  });

  it('is given up when its body drips beyond the timeout, and the connection is cut', async () => {
    let isCut = false;
    const { origin } = await server((response) => {
      response.setHeader('content-type', BATCH_CONTENT_TYPE);
      const drip = setInterval(() => response.write(' '), 5);
      response.on('close', () => {
        clearInterval(drip);
        isCut = true;
      });
    });
    const commands = [makeCommand({ timeoutMs: 100 })];
    (await transportTo(origin)).send(commands);
    expect((await endOf(commands))[0]?.reply).toEqual({ outcome: 'failed', reason: 'timeout' });
    await until('the server notices', () => isCut);
  });

  it('is given up when it accepts and then says nothing; neighbours have their own time', async () => {
    const [origin] = await tcpServer(() => undefined);
    const commands = [makeCommand({ timeoutMs: 60 }), makeCommand({ timeoutMs: 120 })];
    const begun = performance.now();
    (await transportTo(origin)).send(commands);
    expect((await endOf(commands)).map(({ reply }) => reply)).toEqual([
      { outcome: 'failed', reason: 'timeout' },
      { outcome: 'failed', reason: 'timeout' },
    ]);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(118);
  });

  it.each([
    ['without a word', ''],
    ['in the middle of the head', 'HTTP/1.1 200 O'],
    ['in the middle of the body', 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n[{'],
    ['after what is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ])('loses the command when it closes %s', async (_, words) => {
    const [origin] = await tcpServer((socket) => {
      socket.once('data', () => socket.end(words));
    });
    const commands = [makeCommand()];
    (await transportTo(origin)).send(commands);
    expect((await endOf(commands))[0]?.reply).toEqual({
      outcome: 'failed',
      reason: 'connection-lost',
    });
  });
});
