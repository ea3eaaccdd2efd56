import type { Definition, PreparedReport } from '@skald/core';
import { CIRCUIT_DEFAULTS, type CircuitOptions } from './circuit.js';
import { SILENT, type Log } from './ports/log.js';
import type { AuditEntry, Incarnation, TransactionStore } from './ports/store.js';
import type { DeadLetter, Transport } from './ports/transport.js';
import type { StatisticsRow } from './ports/views.js';

/** Limits and times of one coordinator. Times in ms. */
export interface EngineLimits {
  /** Open transactions kept in memory; beyond them a start is refused (OVERLOADED). */
  readonly maxInFlight: number;
  /** Commands to one participant that may be unanswered at once. */
  readonly maxInFlightPerParticipant: number;
  /** Transactions in one group commit. */
  readonly maxBatch: number;
  /** How often timers are looked at. */
  readonly tickMs: number;
  /** How often the store is asked for sleeping transactions that are due. */
  readonly pollMs: number;
  /** An instance whose last heartbeat is older is dead, and its transactions are taken over. */
  readonly leaseMs: number;
  /** A transaction that has nothing to do for longer leaves the memory. */
  readonly sleepAfterMs: number;
  /** How long `stop` waits for what is under way. */
  readonly drainMs: number;
  /** How often statistics are written: a process that dies loses at most so much of them. */
  readonly statisticsMs: number;
  readonly circuit: CircuitOptions;
}

export const ENGINE_DEFAULTS: EngineLimits = {
  maxInFlight: 20_000,
  maxInFlightPerParticipant: 1_000,
  maxBatch: 1_000,
  tickMs: 50,
  pollMs: 500,
  leaseMs: 5_000,
  sleepAfterMs: 30_000,
  drainMs: 5_000,
  statisticsMs: 5_000,
  circuit: CIRCUIT_DEFAULTS,
};

export interface EngineOptions {
  /** Names this process start among the coordinators, for operators. */
  readonly name: string;
  readonly definitions: readonly Definition[];
  readonly store: TransactionStore;
  /** Transports by name. */
  readonly transports: Readonly<Record<string, Transport>>;
  /** Which transport reaches a participant: transport name by participant name. */
  readonly participants: Readonly<Record<string, string>>;
  readonly log?: Log;
  readonly limits?: Partial<EngineLimits>;
  /** Where refused operator's acts are audited; done ones are written with the transition itself. */
  readonly recordAudit: (entry: AuditEntry) => Promise<void>;
  readonly addDeadLetter: (letter: DeadLetter) => Promise<void>;
  /** Where it goes what participants tell by themselves of what they have prepared. Nowhere by default. */
  readonly recordPrepared?: (report: PreparedReport) => Promise<void>;
  /** Where this instance's statistics go. Nowhere by default. */
  readonly recordStatistics?: (
    writer: Incarnation,
    rows: readonly StatisticsRow[],
  ) => Promise<void>;
  /** Monotonic ms. */
  readonly monotonic?: () => number;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** The options with every default filled in. */
export function resolveOptions(options: EngineOptions) {
  return {
    log: SILENT,
    monotonic: () => performance.now(),
    random: Math.random,
    recordStatistics: () => Promise.resolve(),
    recordPrepared: () => Promise.resolve(),
    ...options,
    limits: { ...ENGINE_DEFAULTS, ...options.limits },
  };
}

export type ResolvedOptions = ReturnType<typeof resolveOptions>;
