import type { Log, LogFields } from '@skald/engine';
import type { BusLog } from './bus/bus.js';

/** What a bus tells, told to the engine's log. Fields that are no plain values become JSON. */
export function busLog(log: Log): BusLog {
  return (level, message, fields) => {
    const plain = Object.entries(fields).map(([name, value]) => [name, toField(value)] as const);
    log[level](message, Object.fromEntries(plain));
  };
}

function toField(value: unknown): LogFields[string] {
  if (value === null || value === undefined) return value;
  if (value instanceof Error) return value.message;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value;
  }
  return JSON.stringify(value);
}
