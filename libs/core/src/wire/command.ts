import type { TransactionId } from '../ids.js';
import type { OutgoingCommand } from '../saga/machine.js';
import type { Direction } from '../transaction.js';

export const COMMAND_TYPE = 'skald.command.v1';
export const REPLY_TYPE = 'skald.reply.v1';
export const COORDINATOR_SOURCE = '/skald/coordinator';
export const BATCH_CONTENT_TYPE = 'application/cloudevents-batch+json';
export const MAX_BATCH_COMMANDS = 100;
export const MAX_BATCH_BYTES = 512 * 1024;

/** A command as a participant sees it (CloudEvents 1.0 with Skald's extension attributes). */
export interface CommandEvent {
  /** `<transaction>/<step>/<direction>`, the same for all attempts: what the barrier keys on. */
  readonly id: string;
  readonly transaction: TransactionId;
  readonly step: string;
  readonly direction: Direction;
  /** The operation's name. */
  readonly operation: string;
  /** 1-based. */
  readonly attempt: number;
  /** The transaction's start by the coordinator's database clock, ms since the epoch. */
  readonly startedAt: number;
  /** Ms since the epoch, or null. */
  readonly deadline: number | null;
  /** Whether a no is final: then the barrier stores it. */
  readonly isRefusable: boolean;
  readonly traceparent: string | null;
  readonly data: unknown;
}

/** The CloudEvents id of a command. */
export function commandId(transaction: string, step: string, direction: Direction): string {
  return `${transaction}/${step}/${direction}`;
}

/**
 * W3C traceparent of a command: the trace id is the transaction's UUID, the span id comes from the
 * attempt, so that all commands of a transaction share one trace without any state.
 */
export function traceparentOf(transaction: string, spanId: string): string {
  return `00-${withoutHyphens(transaction)}-${spanId}-01`;
}

/** Sliced, because replacing in every command costs more than all the rest of its encoding. */
function withoutHyphens(id: string): string {
  return id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24);
}

/** A span id (16 hex digits, not all zero) from a step's position and attempt (FNV-1a, 2 x 32 bits). */
export function spanIdOf(text: string): string {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x85ebca6b);
  }
  return hex32(high) + hex32(low | 1);
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}

/** The attributes of a command besides `specversion` and `data`, in the order of DESIGN's wire section. */
export function commandAttributes(command: OutgoingCommand, at: number): Record<string, string> {
  const id = commandId(command.transaction, command.step, command.direction);
  return {
    id,
    source: COORDINATOR_SOURCE,
    type: COMMAND_TYPE,
    subject: command.operation.operation,
    time: new Date(at).toISOString(),
    traceparent: traceparentOf(command.transaction, spanIdOf(`${id}#${command.attempt}`)),
    skaldtransaction: command.transaction,
    skaldstep: command.step,
    skalddirection: command.direction,
    skaldattempt: String(command.attempt),
    skaldstarted: new Date(command.startedAt).toISOString(),
    skalddeadline: new Date(command.deadline).toISOString(),
    skaldrefusable: String(command.isRefusable),
  };
}

/**
 * A command as one structured JSON event, `body` embedded as it is. Every attribute is made of names,
 * UUIDs, numbers and times, so nothing needs escaping: this is the hot path, and shares nothing with
 * `commandAttributes` but a test that compares them.
 */
export function encodeCommand(command: OutgoingCommand, at: number): string {
  const { transaction, step, direction, attempt } = command;
  const id = commandId(transaction, step, direction);
  return (
    `{"specversion":"1.0","id":"${id}","source":"${COORDINATOR_SOURCE}",` +
    `"type":"${COMMAND_TYPE}","subject":"${command.operation.operation}",` +
    `"time":"${isoTime(at)}","datacontenttype":"application/json",` +
    `"traceparent":"${traceparentOf(transaction, spanIdOf(`${id}#${attempt}`))}",` +
    `"skaldtransaction":"${transaction}","skaldstep":"${step}",` +
    `"skalddirection":"${direction}","skaldattempt":${attempt},` +
    `"skaldstarted":"${isoTime(command.startedAt)}","skalddeadline":"${isoTime(command.deadline)}",` +
    `"skaldrefusable":${String(command.isRefusable)},"data":${command.body}}`
  );
}

/** `toISOString` of the last few times: those of one flush repeat, and formatting one costs a microsecond. */
const recentTimes = new Map<number, string>();
const MAX_RECENT_TIMES = 1_000;

function isoTime(at: number): string {
  const known = recentTimes.get(at);
  if (known !== undefined) return known;
  if (recentTimes.size >= MAX_RECENT_TIMES) recentTimes.clear();
  const text = new Date(at).toISOString();
  recentTimes.set(at, text);
  return text;
}
