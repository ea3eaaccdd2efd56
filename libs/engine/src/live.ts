import {
  invariant,
  isEnded,
  pointerOf,
  type Definition,
  type Direction,
  type Event,
  type HistoryEntry,
  type OutgoingCommand,
  type PinnedDefinition,
  type SagaTransaction,
} from '@skald/core';
import type { Snapshot } from './api.js';
import { machineOf, type Machine } from './machine.js';
import type { RowState, Sleep, StartedTransaction, StoredTransaction } from './ports/store.js';

/** One thing to do with a transaction, and who wants to know how it went. At most one callback is called. */
export interface Work {
  /** Undefined for the start itself, whose transition is made already. */
  readonly event?: Event;
  /** The version its author saw. */
  readonly ifVersion?: number;
  /** Whether an audit row goes with it. */
  readonly isAudited?: boolean;
  /** What follows from it is stored, or nothing has to be. */
  readonly onDone?: (live: Live) => void;
  readonly onError?: (error: Error) => void;
}

/** A transaction in memory. What it holds is at most as new as the store; a lost race drops it. */
export class Live {
  readonly queue: Work[] = [];
  isQueued = false;
  /** Set between the decision to start it and the commit that does. */
  isStarting = false;
  /** The row of the start, until it is stored: it carries the input. */
  startEntry: HistoryEntry | undefined;
  /** The same start, asked again before it was stored. */
  readonly startedAgain: Work[] = [];
  /** Before that (monotonic ms) neither a time-out nor the deadline counts: it was just recovered. */
  graceUntil = 0;
  private readonly askedAgain = new Set<string>();
  private commandsOf: SagaTransaction | undefined;
  private madeCommands: readonly OutgoingCommand[] = [];

  constructor(
    readonly started: StartedTransaction,
    readonly definition: Definition,
    public transaction: SagaTransaction,
    public owner: number,
  ) {}

  get machine(): Machine {
    const machine = machineOf(this.started.protocol);
    invariant(machine, `protocol ${this.started.protocol} has a machine`);
    return machine;
  }

  /** The command leaves again under its attempt number, because nothing counts of the time before. */
  askAgain({ step, direction }: OutgoingCommand): void {
    this.askedAgain.add(`${step}/${direction}`);
  }

  wasAskedBefore(step: string, direction: Direction): boolean {
    return this.askedAgain.size > 0 && this.askedAgain.has(`${step}/${direction}`);
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
    const { started, transaction, definition, owner } = this;
    return { started, transaction, definition, owner, dueAt: dueAtOf(transaction) };
  }
}

/** When something has to happen next by itself; null when it ended or waits for a human. */
export function dueAtOf({ status, state, deadline }: SagaTransaction): number | null {
  if (isEnded(status) || status === 'parked') return null;
  const resends = state.pending.map(({ resendAt }) => resendAt);
  return Math.min(...resends, ...(status === 'running' ? [deadline] : []));
}

/** The hot row of a transaction. */
export function rowOf(live: Live, transaction: SagaTransaction, sleep: Sleep | null): RowState {
  return {
    status: transaction.status,
    version: transaction.version,
    seq: transaction.seq,
    state: live.machine.encodeState(transaction.state),
    dueAt: dueAtOf(transaction),
    sleep,
    updatedAt: transaction.updatedAt,
    endedAt: transaction.endedAt,
  };
}

/** A stored transaction decoded; without its definition the input is as it was sent and replies are left out. */
export function decodeStored(
  stored: StoredTransaction,
  definition: Definition | undefined,
): SagaTransaction {
  const { started, row, history } = stored;
  const machine = machineOf(started.protocol);
  invariant(machine, `protocol ${started.protocol} has a machine`);
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
