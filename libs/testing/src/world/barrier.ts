import type { Direction, Reply } from '@skald/core';

/** What a participant keeps of one command, in the same database transaction as the effect. */
export interface BarrierRow {
  readonly reply: Reply;
  /** The action never happened and never will: closed by `bar` or by a compensation that came first. */
  readonly isBarred: boolean;
}

/** The rows of one step at its participant, by direction. */
export type Barrier = Partial<Record<'action' | 'compensation', BarrierRow>>;

export interface Arriving {
  readonly direction: Direction;
  readonly isRefusable: boolean;
}

/** One local database transaction: the rows after it, the answer, and whether the handler's effect stays. */
export interface Handled {
  readonly barrier: Barrier;
  readonly reply: Reply;
  readonly isEffective: boolean;
}

const DONE: Reply = { outcome: 'succeeded', reply: {} };
const LATE: Reply = { outcome: 'rejected', reason: 'late-action' };

/**
 * The barrier as a pure function: what the participant SDK does in SQL (DESIGN section 7). `run` is the
 * handler; it is called at most once, and its effect counts only when the result says so.
 *
 * B1  A command takes effect at most once; repeated, it gets the stored reply.
 * B2  An action never takes effect after its compensation or `bar` was answered.
 * B3  A refusal is stored only where a no is final; a failure never.
 */
export function handle(barrier: Barrier, command: Arriving, run: () => Reply): Handled {
  switch (command.direction) {
    case 'action':
      return onAction(barrier, command, run);
    case 'compensation':
      return onCompensation(barrier, run);
    case 'bar':
      return onBar(barrier);
    case 'prepare':
    case 'commit':
    case 'abort':
      throw new TypeError(`${command.direction} is not a saga's`);
  }
}

function onAction(barrier: Barrier, { isRefusable }: Arriving, run: () => Reply): Handled {
  const { action } = barrier;
  if (action?.isBarred) return unchanged(barrier, LATE);
  if (action) return unchanged(barrier, action.reply);
  const reply = run();
  const isFinal = reply.outcome === 'succeeded' || (reply.outcome === 'rejected' && isRefusable);
  if (!isFinal) return unchanged(barrier, reply);
  return {
    barrier: { ...barrier, action: { reply, isBarred: false } },
    reply,
    isEffective: reply.outcome === 'succeeded',
  };
}

function onCompensation(barrier: Barrier, run: () => Reply): Handled {
  const { action, compensation } = barrier;
  if (compensation) return unchanged(barrier, compensation.reply);
  if (action?.reply.outcome !== 'succeeded') {
    // Null compensation: nothing to undo, and the door is closed to an action that comes late.
    const closed = action ?? { reply: LATE, isBarred: true };
    const kept = { action: closed, compensation: { reply: DONE, isBarred: false } };
    return unchanged(kept, DONE);
  }
  const reply = run();
  if (reply.outcome !== 'succeeded') return unchanged(barrier, reply);
  return {
    barrier: { action, compensation: { reply, isBarred: false } },
    reply,
    isEffective: true,
  };
}

function onBar(barrier: Barrier): Handled {
  const { action } = barrier;
  const barred: Reply = { outcome: 'barred' };
  if (!action) return unchanged({ ...barrier, action: { reply: LATE, isBarred: true } }, barred);
  return unchanged(barrier, action.isBarred ? barred : action.reply);
}

function unchanged(barrier: Barrier, reply: Reply): Handled {
  return { barrier, reply, isEffective: false };
}
