import type { ServerResponse } from 'node:http';
import { BATCH_CONTENT_TYPE, decodeCommand, encodeReply, type Reply } from '@skald/core';
import { SILENT } from '@skald/engine';
import { transportConformance, type Answerer } from '@skald/testing';
import { serve, type SeenRequest } from '../../../test/setup/http-server.js';
import { HttpTransport } from './http-transport.js';

/** A participant's endpoint; when one command of an envelope gets no answer, none does. */
function answerEnvelope(
  participant: string,
  answerer: Answerer,
  { response, request }: { response: ServerResponse; request: SeenRequest },
): void {
  const commands = (JSON.parse(request.body) as unknown[]).map((event) => decodeCommand(event));
  const answers = commands.map((command) => answerer(command));
  if (answers.includes('nothing')) return;
  const replies = commands.map((command, index) =>
    encodeReply(command, participant, { reply: answers[index] as Reply, at: Date.now() }),
  );
  response.setHeader('content-type', BATCH_CONTENT_TYPE);
  response.end(answers.includes('garbage') ? '[{"hello":' : `[${replies.join(',')}]`);
}

describe.each(['single', 'batch'] as const)('%s', (mode) => {
  transportConformance(`HTTP, ${mode}`, async () => {
    let answerer: Answerer = () => 'nothing';
    const serveAs = (participant: string) =>
      serve((response, request) => {
        answerEnvelope(participant, answerer, { response, request });
      });
    const inventory = await serveAs('inventory');
    const payment = await serveAs('payment');
    return {
      participants: ['inventory', 'payment'],
      answerWith: (next) => {
        answerer = next;
      },
      makeTransport: () =>
        new HttpTransport({
          participants: {
            inventory: { origin: inventory.origin, mode },
            payment: { origin: payment.origin, mode },
          },
          log: SILENT,
          now: Date.now,
          drainTimeoutMs: 500,
        }),
      tearDown: async () => {
        await Promise.all([inventory.close(), payment.close()]);
      },
    };
  });
});
