import {
  isEnded,
  pointerOf,
  type AnyTransaction,
  type Definition,
  type Direction,
  type Event,
  type HistoryEntry,
  type Machine,
  type OutgoingCommand,
  type PinnedDefinition,
} from '@skald/core';
import type { Snapshot } from './api.js';
import { machineFor } from './machine.js';
import type { RowState, Sleep, StartedTransaction, StoredTransaction } from './ports/store.js';

/** One thing to do with a transaction, and who wants to know how it went. At most one callback is called. */
export interface Work {
  /** Undefined for the start itself, whose transition is made already. */
  readonly event?: Event;
  /** The version its author saw. */
  readonly ifVersion?: number | undefined;
  /** Whether an audit row goes with it. */
  readonly isAudited?: boolean;
  /** The batch that gives the order. */
  readonly batch?: string | undefined;
  /** What follows from it is stored, or nothing has to be. */
  readonly onDone?: (live: Live) => void;
  readonly onError?: (error: Error) => void;
}

/** History rows kept in memory for a waiting caller: a longer one is read. */
const MOST_TOLD = 64;

/** A transaction in memory. What it holds is at most as new as the store; a lost race drops it. */
export class Live {
  readonly queue: Work[] = [];
  isQueued = false;
  /** Set between the decision to start it and the commit that does. */
  isStarting = false;
  /** The row of the start, until it is stored: it carries the input. */
  startEntry: HistoryEntry | undefined;
  /**
   * What is stored of its history, for whoever waits for its end; undefined when it is not kept. Its texts
   * are those that the commits carried.
   */
  private told: HistoryEntry[] | undefined;
  /** The same start, asked again before it was stored. */
  readonly startedAgain: Work[] = [];
  /** Before that (monotonic ms) neither a time-out nor the deadline counts: it was just recovered. */
  graceUntil = 0;
  readonly machine: Machine;
  /** Made when needed, as few transactions are taken over. */
  private askedAgain: Set<string> | undefined;
  private commandsOf: AnyTransaction | undefined;
  private madeCommands: readonly OutgoingCommand[] = [];

  constructor(
    readonly started: StartedTransaction,
    readonly definition: Definition,
    public transaction: AnyTransaction,
    public owner: number,
  ) {
    this.machine = machineFor(started.protocol);
  }

  /** From its beginning on, its history is kept while it is short. */
  keepHistory(): void {
    this.told = [];
  }

  /** These rows are stored. */
  tell(entries: readonly HistoryEntry[]): void {
    if (!this.told) return;
    this.told.push(...entries);
    if (this.told.length > MOST_TOLD) this.told = undefined;
  }

  /** The command leaves again under its attempt number, because nothing counts of the time before. */
  askAgain({ step, direction }: OutgoingCommand): void {
    this.askedAgain ??= new Set();
    this.askedAgain.add(`${step}/${direction}`);
  }

  wasAskedBefore(step: string, direction: Direction): boolean {
    return this.askedAgain?.has(`${step}/${direction}`) ?? false;
  }

  get isOpen(): boolean {
    const { status } = this.transaction;
    return !isEnded(status) && status !== 'parked';
  }

  /** The commands it waits for, ready to send. Made once for each state. */
  commands(): readonly OutgoingCommand[] {
    if (this.commandsOf !== this.transaction) {
      this.commandsOf = this.transaction;
      this.madeCommands = this.machine.pendingCommands(this.definition, this.transaction);
    }
    return this.madeCommands;
  }

  snapshot(): Snapshot {
    const { started, transaction, definition, owner, machine, told } = this;
    const history = told?.length === transaction.seq ? { history: told } : {};
    const dueAt = dueAtOf(machine, transaction);
    return { started, transaction, definition, owner, dueAt, ...history };
  }
}

/** When something has to happen next by itself; null when it ended or waits for a human. */
export function dueAtOf(machine: Machine, transaction: AnyTransaction): number | null {
  const { status } = transaction;
  if (isEnded(status) || status === 'parked') return null;
  return machine.dueAt(transaction);
}

/** The hot row of a transaction. */
export function rowOf(live: Live, transaction: AnyTransaction, sleep: Sleep | null): RowState {
  return {
    status: transaction.status,
    version: transaction.version,
    seq: transaction.seq,
    state: live.machine.encodeState(transaction.state),
    dueAt: dueAtOf(live.machine, transaction),
    sleep,
    updatedAt: transaction.updatedAt,
    endedAt: transaction.endedAt,
  };
}

/** A stored transaction decoded; without its definition the input is as it was sent and replies are left out. */
export function decodeStored(
  stored: StoredTransaction,
  definition: Definition | undefined,
): AnyTransaction {
  const { started, row, history } = stored;
  const machine = machineFor(started.protocol);
  return {
    id: started.id,
    definition: started.definition,
    status: row.status,
    version: row.version,
    seq: row.seq,
    startedAt: started.startedAt,
    deadline: started.deadline,
    updatedAt: row.updatedAt,
    endedAt: row.endedAt,
    state: machine.decodeState(row.state),
    payloads: machine.payloadsFrom(definition, history),
  };
}

/** Whether a registered definition is the one that a transaction pins. */
export function isPinned(
  pinned: PinnedDefinition,
  registered: { readonly hash: string } | undefined,
) {
  return registered?.hash === pinned.hash;
}

/** A field error below `/input`. */
export function inputPointer(pointer: string): string {
  return `${pointerOf(['input'])}${pointer}`;
}
