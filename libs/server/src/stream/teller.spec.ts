import type { TransactionId } from '@skald/core';
import type { Change } from '@skald/engine';
import { Teller } from './teller.js';
import { encodePosition } from './position.js';

function changeAt(flush: number): Change {
  return {
    id: `t-${flush}` as TransactionId,
    ...{ definition: flush % 2 === 0 ? 'even' : 'odd', status: 'running', version: 1, at: 0 },
    ...{ type: 'started', step: null, direction: null, position: { 1: [flush, 1] } },
  };
}

function tellerOf(most: number) {
  const written: string[] = [];
  const outlet = { write: (text: string) => void written.push(text), end: () => undefined };
  const isWanted = ({ definition }: Change) => definition === 'even';
  return { written, teller: new Teller({ outlet, isWanted, most }) };
}

const kinds = (written: readonly string[]) =>
  written.map((text) => /^event: (\w+)$/m.exec(text)?.[1]);

test('of more wanted changes than are told of a look, their number and the last place are told', () => {
  const { written, teller } = tellerOf(2);
  for (let flush = 1; flush <= 10; flush += 1) teller.changed(changeAt(flush));
  teller.looked();
  expect(kinds(written)).toEqual(['transaction', 'transaction', 'skipped']);
  expect(written.at(-1)).toBe(
    `id: ${encodePosition({ 1: [10, 1] })}\nevent: skipped\ndata: {"count":3}\n\n`,
  );
});

test('each look begins anew, and one without a change tells nothing', () => {
  const { written, teller } = tellerOf(1);
  for (const flush of [2, 4, 6]) {
    teller.changed(changeAt(flush));
    teller.looked();
    teller.looked();
  }
  expect(kinds(written)).toEqual(['transaction', 'transaction', 'transaction']);
});
