import { BATCH_CONTENT_TYPE, decodeCommand, encodeReply, MAX_BATCH_BYTES } from '@skald/core';
import { SILENT, type Log, type LogFields } from '@skald/engine';
import { makeCommand, RecordingSink, until } from '@skald/testing';
import { serve, type LocalServer, type SeenRequest } from '../../../test/setup/http-server.js';
import { HttpTransport, type HttpTransportOptions } from './http-transport.js';

const closers: (() => Promise<unknown>)[] = [];
const lines: { readonly message: string; readonly fields: LogFields | undefined }[] = [];
const note = (message: string, fields?: LogFields) => lines.push({ message, fields });
const log: Log = { ...SILENT, info: note, warn: note, error: note };
let sink: RecordingSink;

beforeEach(() => {
  sink = new RecordingSink();
  lines.length = 0;
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function transportTo(origin: string, options: Partial<HttpTransportOptions> = {}) {
  const participants = { inventory: { origin, mode: 'single' as const } };
  const base = { participants, log, now: Date.now, drainTimeoutMs: 10_000 };
  const transport = new HttpTransport({ ...base, ...options });
  await transport.start(sink);
  closers.push(() => transport.stop());
  return transport;
}

async function server(...settings: Parameters<typeof serve>): Promise<LocalServer> {
  const local = await serve(...settings);
  closers.push(() => local.close());
  return local;
}

const barred = ({ body }: SeenRequest) => {
  const replies = (JSON.parse(body) as unknown[]).map((event) =>
    encodeReply(decodeCommand(event), 'inventory', { reply: { outcome: 'barred' }, at: 0 }),
  );
  return `[${replies.join(',')}]`;
};

async function goodServer(port = 0): Promise<LocalServer> {
  return server((response, request) => {
    response.setHeader('content-type', BATCH_CONTENT_TYPE);
    response.end(barred(request));
  }, port);
}

/** An origin where nobody listens. */
async function nobody(): Promise<string> {
  const local = await serve(() => undefined);
  await local.close();
  return local.origin;
}

describe('a command that cannot be handed over', () => {
  it('is undelivered, not failed, when the connection is refused, however many wait for one', async () => {
    const transport = await transportTo(await nobody(), { connections: 4 });
    const commands = Array.from({ length: 100 }, () => makeCommand());
    transport.send(commands);
    await until('all are reported', () => sink.count === commands.length);
    expect(sink.notDelivered.map(({ why }) => why)).toEqual(
      commands.map(() => ({ reason: 'unreachable' })),
    );
    expect(transport.health()).toEqual({
      isReady: true,
      reasons: ['inventory is unreachable (ECONNREFUSED)'],
    });
    expect(lines).toHaveLength(1);
  });

  it('is undelivered when its time runs out before there is a connection for it', async () => {
    let release: (() => void) | undefined;
    const local = await server((response, request) => {
      release = () => {
        response.setHeader('content-type', BATCH_CONTENT_TYPE);
        response.end(barred(request));
      };
    });
    const transport = await transportTo(local.origin, { connections: 1 });
    const [first, second] = [makeCommand(), makeCommand({ timeoutMs: 50 })];
    transport.send([first, second]);
    await until('the second is reported', () => sink.notDelivered.length === 1);
    expect(sink.notDelivered[0]?.command).toBe(second);
    release?.();
    await until('the first is answered', () => sink.replies.length === 1);
    transport.send([makeCommand()]);
    await until('a third arrives', () => local.requests.length === 2);
    expect(local.requests.some(({ body }) => body.includes(second.transaction))).toBe(false);
    release?.();
  });

  it('is failed at once when it is larger than any envelope', async () => {
    const { origin, requests } = await goodServer();
    const command = makeCommand({ body: `"${'x'.repeat(MAX_BATCH_BYTES)}"` });
    (await transportTo(origin)).send([command]);
    await until('it is reported', () => sink.count === 1);
    expect(sink.repliesTo(command)).toEqual([
      { outcome: 'failed', reason: 'command-too-large', misconfigured: true },
    ]);
    expect(requests).toEqual([]);
  });

  it('says when the participant can be reached again', async () => {
    const origin = await nobody();
    const transport = await transportTo(origin);
    transport.send([makeCommand()]);
    await until('it is reported', () => sink.notDelivered.length === 1);
    await goodServer(Number(new URL(origin).port));
    transport.send([makeCommand()]);
    await until('it is answered', () => sink.replies.length === 1);
    expect(transport.health().reasons).toEqual([]);
    expect(lines.map(({ message }) => message)).toEqual([
      'participant cannot be reached',
      'participant can be reached again',
    ]);
  });
});

describe('requests', () => {
  it('go to the registered origin alone, one envelope of one each, on kept connections', async () => {
    const [inventory, other] = [await goodServer(), await goodServer()];
    const transport = await transportTo(inventory.origin, { connections: 3 });
    for (let round = 1; round <= 3; round++) {
      transport.send(Array.from({ length: 10 }, () => makeCommand()));
      transport.send([makeCommand({ participant: 'payment' })]);
      await until('the round is over', () => sink.count === round * 11);
    }
    expect(inventory.connections()).toBe(3);
    expect(inventory.requests).toHaveLength(30);
    expect(inventory.requests[0]).toMatchObject({
      method: 'POST',
      path: '/skald/v1/commands',
      headers: { 'content-type': BATCH_CONTENT_TYPE },
    });
    expect(JSON.parse(inventory.requests[0]?.body ?? '')).toHaveLength(1);
    expect(other.requests).toEqual([]);
    expect(sink.notDelivered).toHaveLength(3);
  });

  it('are packed in batch mode', async () => {
    const { origin, requests } = await goodServer();
    const participants = { inventory: { origin, mode: 'batch' as const } };
    const transport = await transportTo(origin, { participants });
    transport.send(Array.from({ length: 101 }, () => makeCommand()));
    await until('all are answered', () => sink.replies.length === 101);
    const sizes = requests.map(({ body }) => (JSON.parse(body) as unknown[]).length);
    expect(sizes.sort((a, b) => a - b)).toEqual([1, 100]);
  });
});

describe('stopping', () => {
  it('waits for answers that are under way', async () => {
    let release: (() => void) | undefined;
    const { origin } = await server((response, request) => {
      release = () => {
        response.setHeader('content-type', BATCH_CONTENT_TYPE);
        response.end(barred(request));
      };
    });
    const transport = await transportTo(origin);
    transport.send([makeCommand()]);
    await until('it has arrived', () => release !== undefined);
    const stopped = transport.stop();
    const late = makeCommand();
    transport.send([late]);
    await until('the late one is turned away', () => sink.notDelivered.length === 1);
    expect(sink.notDelivered).toEqual([{ command: late, why: { reason: 'stopping' } }]);
    release?.();
    await stopped;
    expect(sink.replies).toHaveLength(1);
  });

  it('cuts what takes longer than it may, and says that nothing is known of it', async () => {
    let hasArrived = false;
    const { origin } = await server(() => {
      hasArrived = true;
    });
    const transport = await transportTo(origin, { connections: 1, drainTimeoutMs: 20 });
    transport.send([makeCommand(), makeCommand()]);
    await until('it has arrived', () => hasArrived);
    await transport.stop();
    expect(sink.replies.map(({ reply }) => reply)).toEqual([
      { outcome: 'failed', reason: 'connection-lost' },
    ]);
    expect(sink.notDelivered.map(({ why }) => why)).toEqual([{ reason: 'unreachable' }]);
  });
});
