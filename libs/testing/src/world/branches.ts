import type { Decision, OutgoingCommand, Reply } from '@skald/core';
import {
  arrive,
  conclude,
  isAsked,
  UNTOUCHED,
  type Branch,
  type BranchStep,
  type Work,
} from './two-phase/branch.js';

/** One branch in one round at its participant, and what its compensation was answered. */
interface Place {
  readonly branch: Branch;
  readonly undone: Reply | undefined;
}

/** What a command did to the participant's own data, and the answer to it. */
export interface BranchHandled {
  readonly reply: Reply;
  readonly effect: 'apply' | 'undo' | undefined;
}

const DONE: Reply = { outcome: 'succeeded', reply: {} };
const LATE: Reply = { outcome: 'rejected', reason: 'late-action' };
const FIRST: Place = { branch: UNTOUCHED, undone: undefined };

/** The branches of a saga's atomic steps at their participants, by `<branch>.<round>`. */
export class Branches {
  private readonly places = new Map<string, Place>();

  /** Those that wait for a decision. */
  get held(): string[] {
    return [...this.places].filter(([, { branch }]) => branch.isHeld).map(([step]) => step);
  }

  /** One command; `run` is its handler, called at most once. */
  handle({ step, direction }: OutgoingCommand, run: () => Reply): BranchHandled {
    const { branch } = this.at(step);
    if (direction === 'compensation') return this.undo(step, run);
    if (!isAsked(direction)) throw new TypeError(`${direction} is not a branch's`);
    const arrived = arrive(branch, direction, 'prepared');
    return this.change(
      step,
      arrived.branch.isUnderWay ? conclude(arrived.branch, workOf(run())) : arrived,
    );
  }

  /** The participant asked, and was told. */
  decide(step: string, decision: Decision): BranchHandled {
    return this.change(step, arrive(this.at(step).branch, decision, 'prepared'));
  }

  private at(step: string): Place {
    return this.places.get(step) ?? FIRST;
  }

  private change(step: string, { branch, effect, reply = DONE }: BranchStep): BranchHandled {
    this.places.set(step, { ...this.at(step), branch });
    return { reply, effect: effect === 'apply' ? 'apply' : undefined };
  }

  /** Undoes what is committed, once; what never was it bars. */
  private undo(step: string, run: () => Reply): BranchHandled {
    const { branch, undone } = this.at(step);
    if (undone) return { reply: undone, effect: undefined };
    if (branch.row?.is !== 'committed') {
      const row = branch.row ?? { is: 'barred', reply: LATE };
      this.places.set(step, { branch: { ...branch, row }, undone: DONE });
      return { reply: DONE, effect: undefined };
    }
    const reply = run();
    if (reply.outcome !== 'succeeded') return { reply, effect: undefined };
    this.places.set(step, { branch, undone: reply });
    return { reply, effect: 'undo' };
  }
}

function workOf({ outcome }: Reply): Work {
  if (outcome === 'succeeded') return 'yes';
  return outcome === 'rejected' ? 'no' : 'fails';
}
