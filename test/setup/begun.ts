import type { OutgoingCommand, Reply } from '@skald/core';
import { TransactionView } from '../../libs/server/src/transactions/view.schema.js';
import { bodyOf, until, type Api, type Body } from './api.js';
import { agreeable } from './move.two-phase.js';

export interface Told {
  /** What a participant says; where this is undefined, it votes commit and acknowledges. */
  readonly answer: (command: OutgoingCommand) => Reply | 'silence' | undefined;
  readonly isThere: (body: Body) => boolean;
}

/** Starts a transaction and gives its view once it is where it should be. Every view fits the document. */
export async function begunWith(api: Api, start: object, { answer, isThere }: Told): Promise<Body> {
  api.answerBy((command) => {
    const given = answer(command) ?? agreeable(command);
    return given === 'silence' || given === 'undelivered' ? undefined : given;
  });
  const { id } = await bodyOf(await api.post('/v1/transactions', start));
  const look = async () => bodyOf(await api.request(`/v1/transactions/${id as string}`));
  const view = await until(look, isThere);
  expect(TransactionView.safeParse(view).error).toBeUndefined();
  return view;
}
