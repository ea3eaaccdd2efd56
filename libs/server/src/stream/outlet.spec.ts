import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../../../../test/setup/api.js';
import { Outlet } from './outlet.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** An answer under way, and the client's end of it, which does not read before it is told to. */
async function connected(): Promise<{ raw: ServerResponse; response: IncomingMessage }> {
  const server = createServer();
  const raw = new Promise<ServerResponse>((resolve) => {
    server.once('request', (_request, answer) => {
      answer.writeHead(200).flushHeaders();
      resolve(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const response = await new Promise<IncomingMessage>((resolve) => {
    get({ port, host: '127.0.0.1' }, resolve);
  });
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { raw: await raw, response };
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

test('what comes before it is open follows the head; what comes in one turn is one piece', async () => {
  const { raw, response } = await connected();
  const outlet = new Outlet(raw);
  outlet.write('a');
  outlet.open('head ');
  const write = raw.write.bind(raw);
  const pieces: unknown[] = [];
  raw.write = (piece: unknown) => pieces.push(piece) > 0 && write(piece);
  for (const text of ['b', 'c', 'd']) outlet.write(text);
  await until(
    () => Promise.resolve(pieces.length),
    (count) => count > 0,
  );
  expect(pieces).toEqual(['bcd']);
  outlet.end('interrupted');
  expect(await textOf(response)).toBe('head abcdevent: end\ndata: {"reason":"interrupted"}\n\n');
});

test('a client that does not keep up is cut off, and told so', async () => {
  const { raw, response } = await connected();
  const outlet = new Outlet(raw);
  outlet.open('');
  let ends = 0;
  outlet.onEnd = () => {
    ends += 1;
  };
  const chunk = 'x'.repeat(65_536);
  await until(
    () => {
      outlet.write(chunk);
      return Promise.resolve(ends);
    },
    (count) => count > 0,
  );
  for (let n = 0; n < 100; n++) outlet.write(chunk);
  const text = await textOf(response);
  expect(text.endsWith('event: end\ndata: {"reason":"slow"}\n\n')).toBe(true);
  expect(ends).toBe(1);
});

test('one that ends before it is open says so as soon as it is', async () => {
  const { raw, response } = await connected();
  const outlet = new Outlet(raw);
  outlet.end('interrupted');
  outlet.open('head\n\n');
  expect(await textOf(response)).toBe('head\n\nevent: end\ndata: {"reason":"interrupted"}\n\n');
});
