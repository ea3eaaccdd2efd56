import type { Operation } from '../contract/participant.js';
import type { TransactionId } from '../ids.js';
import type { OutgoingCommand } from '../outgoing.js';
import type { Direction } from '../transaction.js';
import { isoTime } from './iso-time.js';

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

/** The CloudEvents source of what a participant says. */
export function participantSource(participant: string): string {
  return `/skald/participant/${participant}`;
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

/**
 * A span id (16 hex digits, not all zero) from a step's direction and attempt: these tell the commands
 * of one trace apart (FNV-1a, 2 x 32 bits).
 */
export function spanIdOf(command: Pick<OutgoingCommand, 'step' | 'direction' | 'attempt'>): string {
  const text = `${command.step}/${command.direction}#${command.attempt}`;
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

/** The Kafka headers of a command (binary content mode), in the order of DESIGN's wire section. */
export function commandHeaders(command: OutgoingCommand, at: number): Record<string, string> {
  const { transaction, step, direction } = command;
  return {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: commandId(transaction, step, direction),
    ce_source: COORDINATOR_SOURCE,
    ce_type: COMMAND_TYPE,
    ce_subject: command.operation.operation,
    ce_time: isoTime(at),
    traceparent: traceparentOf(transaction, spanIdOf(command)),
    ce_skaldtransaction: transaction,
    ce_skaldstep: step,
    ce_skalddirection: direction,
    ce_skaldattempt: String(command.attempt),
    ce_skaldstarted: isoTime(command.startedAt),
    ce_skalddeadline: isoTime(command.deadline),
    ce_skaldrefusable: String(command.isRefusable),
  };
}

/**
 * A command as one structured JSON event, `body` embedded as it is. Every attribute is made of names,
 * UUIDs, numbers and times, so nothing needs escaping: this is the hot path, and shares nothing with
 * `commandHeaders` but a test that compares them.
 */
export function encodeCommand(command: OutgoingCommand, at: number): string {
  const { transaction, startedAt, deadline, body } = command;
  const frame = frameOf(command);
  return (
    `{"specversion":"1.0","id":"${transaction}${frame.upToTime}${isoTime(at)}` +
    `${UP_TO_TRACE}${withoutHyphens(transaction)}${frame.upToTransaction}${transaction}` +
    `${frame.upToStarted}${isoTime(startedAt)}","skalddeadline":"${isoTime(deadline)}` +
    `${frame.upToData}${body}}`
  );
}

const UP_TO_TRACE = '","datacontenttype":"application/json","traceparent":"00-';

/** What lies between the values of a command, the same in each transaction. */
interface Frame {
  readonly command: Pick<OutgoingCommand, 'step' | 'direction' | 'attempt' | 'isRefusable'>;
  readonly upToTime: string;
  readonly upToTransaction: string;
  readonly upToStarted: string;
  readonly upToData: string;
}

/** The few that an operation needs: a step or two, first attempts, now and then a later one. */
const frames = new WeakMap<Operation, Frame[]>();
const MAX_FRAMES = 20;

function frameOf(command: OutgoingCommand): Frame {
  const known = frames.get(command.operation);
  for (const frame of known ?? []) if (isFrameOf(frame, command)) return frame;
  const made = frameFor(command);
  if (known && known.length < MAX_FRAMES) known.push(made);
  else frames.set(command.operation, [made]);
  return made;
}

function isFrameOf({ command: of }: Frame, command: OutgoingCommand): boolean {
  return (
    of.step === command.step &&
    of.direction === command.direction &&
    of.attempt === command.attempt &&
    of.isRefusable === command.isRefusable
  );
}

function frameFor({ operation, step, direction, attempt, isRefusable }: OutgoingCommand): Frame {
  const command = { step, direction, attempt, isRefusable };
  return {
    command,
    upToTime:
      `/${step}/${direction}","source":"${COORDINATOR_SOURCE}","type":"${COMMAND_TYPE}",` +
      `"subject":"${operation.operation}","time":"`,
    upToTransaction: `-${spanIdOf(command)}-01","skaldtransaction":"`,
    upToStarted:
      `","skaldstep":"${step}","skalddirection":"${direction}","skaldattempt":${attempt},` +
      `"skaldstarted":"`,
    upToData: `","skaldrefusable":${String(isRefusable)},"data":`,
  };
}
