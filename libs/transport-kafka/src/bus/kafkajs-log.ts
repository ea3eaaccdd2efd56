import { logLevel, type LogEntry, type logCreator } from 'kafkajs';
import type { BusLog } from './bus.js';

const OFFSET_RESET = 'Offset out of range, resetting to default offset';

const ORDINARY = new RegExp(
  [
    'coordinator is (not available|loading)',
    'not the (correct coordinator|leader)',
    'coordinator is not aware of this member',
    'group is rebalancing',
    'does not host this topic-partition',
    'no leader for this topic-partition',
    'requires a known member id',
  ].join('|'),
  'i',
);

/** Told by the supervisor of a consumer and by whoever sends, once each instead of once a try. */
const UNREACHABLE = /connection (error|timeout)|failed to connect|closed connection/i;

/**
 * True for what a client meets in the ordinary course of things and repeats its request for, though
 * kafkajs reports it as an error: a coordinator that loads, a leader that moves, a rebalance.
 */
export function isOrdinary(text: string): boolean {
  return ORDINARY.test(text);
}

/** What the consumer of this client learns only from its log. */
export interface LogHints {
  onOffsetReset?: (topic: string, partition: number) => void;
}

/**
 * kafkajs's log, handed to the caller's. A crash of a consumer or a failed request is told by
 * whoever acts on it (the supervisor, `send`), so kafkajs's own lines about them are no errors here.
 */
export function kafkajsLog(log: BusLog, hints: LogHints = {}): logCreator {
  return () => (entry) => {
    const { message, timestamp: _, logger: __, stack: ___, ...fields } = entry.log;
    if (message === OFFSET_RESET) {
      hints.onOffsetReset?.(String(fields['topic']), Number(fields['partition']));
    }
    log(levelOf(entry), 'kafkajs', { namespace: entry.namespace, text: message, ...fields });
  };
}

function levelOf({ level, namespace, log }: LogEntry): 'debug' | 'warn' {
  if (level === logLevel.DEBUG || level === logLevel.INFO) return 'debug';
  const about = `${log.message} ${String(log['error'] ?? '')}`;
  if (namespace === 'Consumer' || namespace === 'Producer') return 'debug';
  return isOrdinary(about) || UNREACHABLE.test(about) ? 'debug' : 'warn';
}
