import { ProtocolError } from '../errors.js';
import { asTransactionId, type TransactionId } from '../ids.js';
import { DIRECTIONS as ALL_DIRECTIONS, type Direction } from '../transaction.js';
import { COMMAND_TYPE, REPLY_TYPE, type CommandEvent } from './command.js';
import { asReply, type Reply } from './reply.js';
import { isStepName } from './step-name.js';

/** A reply as the coordinator receives it. */
export interface ReplyEvent {
  readonly transaction: TransactionId;
  readonly step: string;
  readonly direction: Direction;
  readonly attempt: number;
  readonly reply: Reply;
  /** Who answered, where the transport vouches for it: nobody may answer for another. */
  readonly participant?: string;
}

type Attributes = Readonly<Record<string, unknown>>;

const DIRECTIONS: ReadonlySet<unknown> = new Set(ALL_DIRECTIONS);

/** The attributes of a structured event as an object. @throws ProtocolError when `event` is not an object. */
function attributesOf(event: unknown): Attributes {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    throw new ProtocolError('expected a CloudEvents object');
  }
  return event as Attributes;
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new ProtocolError(`attribute ${name}: expected a string`);
  return value;
}

/** A count from 1, given as a number (structured form) or as digits (a header). */
function count(given: unknown, name: string): number {
  const value = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw new ProtocolError(`attribute ${name}: expected a whole number from 1`);
  }
  return value;
}

function time(given: unknown, name: string): number {
  const value = Date.parse(text(given, name));
  if (Number.isNaN(value)) throw new ProtocolError(`attribute ${name}: expected an RFC 3339 time`);
  return value;
}

function keyOf(attributes: Attributes) {
  const transaction = asTransactionId(text(attributes['skaldtransaction'], 'skaldtransaction'));
  if (!transaction) throw new ProtocolError('attribute skaldtransaction: expected a UUID');
  const step = text(attributes['skaldstep'], 'skaldstep');
  if (!isStepName(step)) {
    throw new ProtocolError('attribute skaldstep: expected a name, or branch.round');
  }
  const direction = text(attributes['skalddirection'], 'skalddirection') as Direction;
  if (!DIRECTIONS.has(direction))
    throw new ProtocolError(`attribute skalddirection: ${direction} is unknown`);
  const attempt = count(attributes['skaldattempt'], 'skaldattempt');
  return { transaction, step, direction, attempt };
}

function expectType(attributes: Attributes, type: string): void {
  if (attributes['specversion'] !== '1.0')
    throw new ProtocolError('attribute specversion: expected 1.0');
  if (attributes['type'] !== type) throw new ProtocolError(`attribute type: expected ${type}`);
}

/**
 * A command from its CloudEvents attributes and its parsed `data` (in the structured form both are the
 * same object).
 *
 * @throws ProtocolError naming the attribute that is missing or wrong.
 */
export function decodeCommand(event: unknown, data?: unknown): CommandEvent {
  const attributes = attributesOf(event);
  expectType(attributes, COMMAND_TYPE);
  const { transaction, step, direction, attempt } = keyOf(attributes);
  const { skalddeadline: deadline, skaldrefusable: refusable, traceparent } = attributes;
  // Spread, the key alone would cost as much as ten times all of this.
  return {
    transaction,
    step,
    direction,
    attempt,
    id: text(attributes['id'], 'id'),
    operation: text(attributes['subject'], 'subject'),
    startedAt: time(attributes['skaldstarted'], 'skaldstarted'),
    deadline: deadline === undefined ? null : time(deadline, 'skalddeadline'),
    isRefusable: refusable === true || refusable === 'true',
    traceparent: typeof traceparent === 'string' ? traceparent : null,
    data: data === undefined ? attributes['data'] : data,
  };
}

/** A reply from its attributes and parsed `data`. @throws ProtocolError naming what is missing or wrong. */
export function decodeReply(event: unknown, data?: unknown): ReplyEvent {
  const attributes = attributesOf(event);
  expectType(attributes, REPLY_TYPE);
  const { transaction, step, direction, attempt } = keyOf(attributes);
  const reply = asReply(data === undefined ? attributes['data'] : data);
  if (!reply) throw new ProtocolError('data: expected an outcome');
  return { transaction, step, direction, attempt, reply };
}

/**
 * A reply from the Kafka headers of its record (binary content mode) and its parsed value: as
 * `decodeReply(fromHeaders(headers), data)`, without the attributes that say nothing to the coordinator.
 *
 * @throws ProtocolError naming the attribute that is missing or wrong.
 */
export function decodeReplyRecord(
  headers: Readonly<Record<string, string>>,
  data: unknown,
): ReplyEvent {
  const attributes = {
    specversion: headers['ce_specversion'],
    type: headers['ce_type'],
    skaldtransaction: headers['ce_skaldtransaction'],
    skaldstep: headers['ce_skaldstep'],
    skalddirection: headers['ce_skalddirection'],
    skaldattempt: headers['ce_skaldattempt'],
  };
  return decodeReply(attributes, data);
}

/** What identifies a command among those of its participant. */
type Asked = Pick<ReplyEvent, 'transaction' | 'step' | 'direction' | 'attempt'>;

/**
 * The reply in `event` if it answers `command`; undefined when it answers another one. It came on the
 * connection that this attempt was sent on, so it is this attempt's, whatever number it carries.
 *
 * @throws ProtocolError naming what is missing or wrong.
 */
export function decodeReplyTo(command: Asked, event: unknown): ReplyEvent | undefined {
  const { transaction, step, direction, attempt } = command;
  const attributes = attributesOf(event);
  const isPlain =
    attributes['skaldtransaction'] === transaction &&
    attributes['skaldstep'] === step &&
    attributes['skalddirection'] === direction &&
    attributes['skaldattempt'] === attempt &&
    attributes['type'] === REPLY_TYPE &&
    attributes['specversion'] === '1.0';
  const reply = isPlain ? asReply(attributes['data']) : undefined;
  if (reply) return { transaction, step, direction, attempt, reply };
  const decoded = decodeReply(event);
  const isAnswer =
    decoded.transaction === transaction && decoded.step === step && decoded.direction === direction;
  return isAnswer ? { transaction, step, direction, attempt, reply: decoded.reply } : undefined;
}
