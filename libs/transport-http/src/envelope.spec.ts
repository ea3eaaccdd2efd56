import { decodeCommand, MAX_BATCH_BYTES } from '@skald/core';
import { makeCommand } from '@skald/testing';
import { packEnvelopes } from './envelope.js';

const AT = Date.UTC(2026, 10, 22, 10);

describe('envelopes', () => {
  it('hold up to the given number of commands, in order', () => {
    const commands = Array.from({ length: 250 }, () => makeCommand());
    const { envelopes, tooLarge } = packEnvelopes(commands, 100, AT);
    expect(tooLarge).toEqual([]);
    expect(envelopes.map((envelope) => envelope.commands.length)).toEqual([100, 100, 50]);
    expect(envelopes.flatMap((envelope) => envelope.commands)).toEqual(commands);
    const events = envelopes.flatMap(
      ({ request }) => JSON.parse(request.body.toString()) as unknown[],
    );
    expect(events.map((event) => decodeCommand(event).transaction)).toEqual(
      commands.map(({ transaction }) => transaction),
    );
  });

  it('hold at most 512 KB, counted in bytes of UTF-8', () => {
    const body = JSON.stringify({ text: '€'.repeat(60_000) });
    const { envelopes } = packEnvelopes(
      [1, 2, 3, 4, 5].map(() => makeCommand({ body })),
      100,
      AT,
    );
    expect(envelopes.map(({ commands }) => commands.length)).toEqual([2, 2, 1]);
    for (const { request } of envelopes) {
      expect(Buffer.byteLength(request.body)).toBeLessThanOrEqual(MAX_BATCH_BYTES);
    }
  });

  it('leave out a command that fits into none, and fill up to the last byte', () => {
    const [bare] = packEnvelopes([makeCommand({ body: '""' })], 1, AT).envelopes;
    const room = MAX_BATCH_BYTES - Buffer.byteLength(bare?.request.body ?? '');
    const fits = makeCommand({ body: `"${'x'.repeat(room)}"` });
    const tooLarge = makeCommand({ body: `"${'x'.repeat(room + 1)}"` });
    const small = makeCommand();
    const packed = packEnvelopes([small, tooLarge, fits, small], 100, AT);
    expect(packed.tooLarge).toEqual([tooLarge]);
    expect(packed.envelopes.map(({ commands }) => commands)).toEqual([[small], [fits], [small]]);
    const sizes = packed.envelopes.map(({ request }) => Buffer.byteLength(request.body));
    expect(sizes[1]).toBe(MAX_BATCH_BYTES);
  });
});
