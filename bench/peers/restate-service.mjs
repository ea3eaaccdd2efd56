// The service behind Restate: the calls and compensations are durable steps of one handler.
import './polyfill.mjs';
import * as restate from '@restatedev/restate-sdk';
import { httpClient } from './http.mjs';

const [origin, port] = process.argv.slice(2);
const { call } = httpClient(origin);

function step(context, path, id) {
  return context.run(path, async () => {
    const answer = await call(path, id);
    if (!answer.ok) throw new restate.TerminalError(`rejected ${path}`);
    return answer;
  });
}

async function place(context, { id, fail }) {
  const undo = [];
  try {
    undo.push('/release');
    await step(context, '/reserve', id);
    undo.push('/refund');
    await step(context, '/charge', id);
    await step(context, fail ? '/confirm?fail=1' : '/confirm', id);
    return { done: true };
  } catch (error) {
    if (!(error instanceof restate.TerminalError)) throw error;
    for (const path of undo.reverse()) await step(context, path, id);
    return { done: false };
  }
}

const services = [restate.service({ name: 'PlaceOrder', handlers: { place } })];
await restate.serve({ services, port: Number(port), logger: () => {} });
process.send('ready');
process.on('disconnect', () => process.exit(0));
