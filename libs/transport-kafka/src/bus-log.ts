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
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
    default:
      return value === null || value instanceof Error
        ? (value?.message ?? null)
        : JSON.stringify(value);
  }
}
