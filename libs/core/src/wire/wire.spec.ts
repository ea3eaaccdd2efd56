import { ProtocolError } from '../errors.js';
import { asTransactionId, isName } from '../ids.js';
import { pendingCommands } from '../saga/machine.js';
import { after, done, exhausted, no, onFrom, small } from '../saga/small-saga.fixture.js';
import { COMMAND_TYPE, commandHeaders, encodeCommand, traceparentOf } from './command.js';
import { decodeCommand, decodeReply, decodeReplyRecord } from './decode.js';
import { encodeReply, replyAttributes } from './encode-reply.js';
import { fromHeaders, toHeaders } from './headers.js';
import { asReply, isReply, type Reply } from './reply.js';

const AT = Date.parse('2026-11-23T10:00:00.123Z');
const pivot = after(done(), done());
const places = { pivot, bar: onFrom(pivot, ...exhausted), undo: onFrom(pivot, no) };
const commandOf = (place: keyof typeof places) => {
  const [command] = pendingCommands(small, places[place]);
  if (!command) throw new Error(`${place} waits for nothing`);
  return command;
};
const REPLIES: Reply[] = [
  { outcome: 'succeeded', reply: { n: 1, text: 'ü"\\' } },
  { outcome: 'succeeded', reply: {}, vote: 'read-only' },
  { outcome: 'rejected', reason: 'no', detail: 'because' },
  { outcome: 'failed', reason: 'busy', retryAfterMs: 2_000 },
  { outcome: 'barred' },
  { outcome: 'expired' },
  { outcome: 'hazard' },
];

test.each(['pivot', 'bar', 'undo'] as const)(
  'a command encoded by hand is its object: %s',
  (place) => {
    const command = commandOf(place);
    const headers = commandHeaders(command, AT);
    const { skaldattempt, skaldrefusable, ...attributes } = fromHeaders(headers);
    const object = {
      ...attributes,
      datacontenttype: 'application/json',
      skaldattempt: Number(skaldattempt),
      skaldrefusable: skaldrefusable === 'true',
      data: JSON.parse(command.body) as unknown,
    };
    expect(JSON.parse(encodeCommand(command, AT))).toEqual(object);
  },
);

test.each(['pivot', 'bar', 'undo'] as const)(
  'both forms of a command give the same: %s',
  (place) => {
    const command = commandOf(place);
    const structured = decodeCommand(JSON.parse(encodeCommand(command, AT)));
    const headers = commandHeaders(command, AT);
    expect(headers['content-type']).toBe('application/json');
    const binary = decodeCommand(fromHeaders(headers), JSON.parse(command.body));

    expect(binary).toEqual(structured);
    const { transaction, step, direction, attempt, startedAt, deadline, isRefusable } = command;
    expect(structured).toMatchObject({ transaction, step, direction, attempt });
    expect(structured).toMatchObject({ startedAt, deadline, isRefusable });
    expect(structured.id).toBe(`${transaction}/${step}/${direction}`);
  },
);

test.each(REPLIES)('both forms of a reply give the same: %j', (reply) => {
  const command = decodeCommand(JSON.parse(encodeCommand(commandOf('pivot'), AT)));
  const structured = decodeReply(JSON.parse(encodeReply(command, 'worker', { reply, at: AT })));
  const headers = toHeaders(replyAttributes(command, 'worker', AT));
  const binary = decodeReply(fromHeaders(headers), JSON.parse(JSON.stringify(reply)));

  const { transaction, step, direction, attempt } = command;
  expect(structured).toEqual({ transaction, step, direction, attempt, reply });
  expect(binary).toEqual(structured);
  expect(decodeReplyRecord(headers, JSON.parse(JSON.stringify(reply)))).toEqual(structured);
});

const answered = decodeCommand(JSON.parse(encodeCommand(commandOf('pivot'), AT)));
const ODD = 'a "b" \\c\n\u2028 ü';
test.each([
  ['as it came', answered],
  ['without what may be missing', { ...answered, traceparent: null, deadline: null }],
  ['odd texts', { ...answered, id: ODD, operation: ODD, traceparent: ODD, isRefusable: false }],
])('a reply encoded by hand is its object, in the same order: %s', (_, command) => {
  const reply: Reply = { outcome: 'rejected', reason: ODD };
  const object = {
    specversion: '1.0',
    ...replyAttributes(command, 'worker', AT),
    datacontenttype: 'application/json',
    data: reply,
  };
  expect(encodeReply(command, 'worker', { reply, at: AT })).toBe(JSON.stringify(object));
});

test('all commands of a transaction share a trace, and each attempt is a span of its own', () => {
  const first = commandHeaders(commandOf('pivot'), AT)['traceparent'] ?? '';
  const second = commandHeaders({ ...commandOf('pivot'), attempt: 2 }, AT)['traceparent'] ?? '';
  expect(first).toMatch(/^00-00000000000040008000000000000003-[0-9a-f]{16}-01$/);
  expect(second).not.toBe(first);
  const trace = '00000000000040008000000000000003';
  const id = '00000000-0000-4000-8000-000000000003';
  expect(traceparentOf(id, 'c')).toBe(`00-${trace}-c-01`);
});

test('headers carry CloudEvents attributes with their prefix, the trace without', () => {
  expect(toHeaders({ id: '1', skaldattempt: 2, traceparent: 't' })).toEqual({
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: '1',
    ce_skaldattempt: '2',
    traceparent: 't',
  });
  expect(fromHeaders({ 'content-type': 'x', other: 'y', ce_id: '1' })).toEqual({ id: '1' });
});

const good = JSON.parse(encodeCommand(commandOf('pivot'), AT)) as Record<string, unknown>;
const WRONG: [string, unknown, string][] = [
  ['specversion', '0.3', 'specversion: expected 1.0'],
  ['type', 'other', `type: expected ${COMMAND_TYPE}`],
  ['skaldtransaction', 'x', 'skaldtransaction: expected a UUID'],
  ['skaldstep', 'A B', 'skaldstep: expected a name'],
  ['skaldstep', 'ledger.0', 'skaldstep: expected a name'],
  ['skaldstep', undefined, 'skaldstep: expected a string'],
  ['skalddirection', 'sideways', 'skalddirection: sideways is unknown'],
  ...[0, -1, 1.5, '', '0x10', ' 1', '1e3', null, true, [], undefined].map(
    (value): [string, unknown, string] => ['skaldattempt', value, 'skaldattempt: expected a whole'],
  ),
  ['skaldstarted', 'soon', 'skaldstarted: expected an RFC 3339 time'],
  ['skalddeadline', 5, 'skalddeadline: expected a string'],
];

test.each(WRONG)('a command with %s = %j is a protocol error', (name, value, why) => {
  const decode = () => decodeCommand({ ...good, [name]: value });
  expect(decode).toThrow(ProtocolError);
  expect(decode).toThrow(why);
});

test.each([null, 1, 'x', [], undefined])('%j is no event', (event) => {
  expect(() => decodeCommand(event)).toThrow(ProtocolError);
  expect(() => decodeReply(event)).toThrow(ProtocolError);
});

test('a reply without an outcome is a protocol error', () => {
  const reply = { ...good, type: 'skald.reply.v1' };
  expect(() => decodeReply(reply, {})).toThrow('expected an outcome');
  for (const data of [null, 1, [], {}, { outcome: 'fine' }, { outcome: 'failed' }]) {
    expect(asReply(data)).toBeUndefined();
    expect(isReply(data)).toBe(false);
  }
});

test('what a peer adds to a reply is not believed', () => {
  const told = { outcome: 'failed', reason: 'x', retryAfterMs: -1, detail: 3, misconfigured: true };
  expect(asReply(told)).toEqual({ outcome: 'failed', reason: 'x' });
  expect(asReply({ outcome: 'succeeded' })).toEqual({ outcome: 'succeeded', reply: {} });
  expect(asReply({ outcome: 'succeeded', reply: null })).toEqual({
    outcome: 'succeeded',
    reply: null,
  });
});

test('ids are UUIDs in one form, names are short and plain', () => {
  expect(asTransactionId('0198C0DE-0000-7000-8000-00000000000A')).toBe(
    '0198c0de-0000-7000-8000-00000000000a',
  );
  expect(asTransactionId('0198c0de')).toBeUndefined();
  expect(['a', 'a-1', 'n'.repeat(41)].every(isName)).toBe(true);
  expect(['', '1a', 'A', 'a_b', 'a.b', 'n'.repeat(42), 'a\n'].some(isName)).toBe(false);
});
