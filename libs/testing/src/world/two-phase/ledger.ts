import { promise } from '../ledger.js';
import type { BranchEffect } from './branch.js';

/** How a branch stands in one round, by what happened to the participant's own data. */
interface Fate {
  readonly is: 'held' | 'passed' | 'applied' | 'out';
  /** Rolled back, or never to begin. It may be held again by a straggler, but never take effect. */
  readonly wasOut: boolean;
}

/**
 * What really happened at the participants, told by nobody but them: the oracle must believe neither the
 * barrier nor the coordinator. It holds AC1 to AC3 of Bernstein, Hadzilacos & Goodman ("Concurrency Control
 * and Recovery in Database Systems", 7.2) as they read for participants.
 */
export class BranchLedger {
  /** By `<branch>.<round>`. */
  private readonly fates: Map<string, Fate>;
  /** Steps that a human finished, or that the participant forgot: no protocol can answer for these. */
  private readonly spoilt = new Set<string>();

  constructor(
    private readonly branches: readonly string[],
    fates: ReadonlyMap<string, Fate> = new Map(),
  ) {
    this.fates = new Map(fates);
  }

  clone(): BranchLedger {
    return new BranchLedger(this.branches, this.fates);
  }

  describe(): string {
    return [...this.fates]
      .map(([step, { is, wasOut }]) => `${step}=${is}${wasOut ? '!' : ''}`)
      .sort()
      .join();
  }

  /** A human finished it, or (`out`) it was lost with the database. From then on only `judgeSpoilt` holds. */
  spoil(step: string, is: 'applied' | 'out'): void {
    this.spoilt.add(step);
    this.fates.set(step, { is, wasOut: is === 'out' });
  }

  /** Whether somebody did what the decision of that round does not say. */
  isContradicted(round: number, decision: 'commit' | 'abort'): boolean {
    const wrong = decision === 'commit' ? 'out' : 'applied';
    return [...this.spoilt].some(
      (step) => step.endsWith(`.${round}`) && this.fates.get(step)?.is === wrong,
    );
  }

  /** Whoever was left alone did what was decided. */
  judgeSpoilt(round: number, decision: 'commit' | 'abort'): void {
    for (const branch of this.branches) {
      const step = `${branch}.${round}`;
      const { is = 'out' } = this.fates.get(step) ?? {};
      if (this.spoilt.has(step)) continue;
      const isRight = is === 'passed' || is === (decision === 'commit' ? 'applied' : 'out');
      promise(isRight, `T12: ${decision} reaches ${step} all the same: ${this.describe()}`);
    }
  }

  note(step: string, effect: BranchEffect): void {
    if (this.spoilt.size > 0) {
      this.fates.set(step, FATES[effect]);
      return;
    }
    const before = this.fates.get(step);
    const wasOut = before?.wasOut === true;
    promise(before?.is !== 'applied', `AC2: ${step} was committed, ${effect} comes too late`);
    switch (effect) {
      case 'hold':
        this.fates.set(step, { is: 'held', wasOut });
        return;
      case 'pass':
        this.fates.set(step, { is: 'passed', wasOut });
        return;
      case 'apply':
        promise(!wasOut, `AC2: ${step} was rolled back and takes no effect`);
        this.apply(step);
        return;
      case 'release':
      case 'shut':
        this.fates.set(step, { is: 'out', wasOut: true });
        this.checkAgreement(step);
    }
  }

  private apply(step: string): void {
    const [branch = ''] = step.split('.');
    promise(!this.hasSeen(branch, 'applied'), `AC2: ${branch} takes effect in one round`);
    this.fates.set(step, { is: 'applied', wasOut: false });
    const missing = this.branches.filter((name) => !this.fates.has(inRoundOf(step, name)));
    promise(missing.length === 0, `AC3: ${step} commits only with the yes of ${missing.join()}`);
    this.checkAgreement(step);
  }

  private checkAgreement(step: string): void {
    const fates = this.branches.map((name) => this.fates.get(inRoundOf(step, name)));
    const isMixed =
      fates.some((fate) => fate?.is === 'applied') && fates.some((fate) => fate?.wasOut);
    promise(!isMixed, `AC1: none commits where another rolled back: ${this.describe()}`);
  }

  /** At an end the effects are those that the coordinator tells. */
  judge(status: string): void {
    const isCommitted = status === 'committed';
    if (this.spoilt.size > 0) return;
    if (!isCommitted && status !== 'aborted') return;
    for (const branch of this.branches) {
      const found = this.describe();
      promise(!this.hasSeen(branch, 'held'), `${status}: nothing stays held: ${found}`);
      const isIn = this.hasSeen(branch, 'applied');
      if (isCommitted) {
        promise(isIn || this.hasSeen(branch, 'passed'), `committed: ${branch} is: ${found}`);
      } else promise(!isIn, `aborted: ${branch} took no effect: ${found}`);
    }
  }

  private hasSeen(branch: string, is: Fate['is']): boolean {
    return [...this.fates].some(([step, fate]) => step.startsWith(`${branch}.`) && fate.is === is);
  }
}

const FATES: Readonly<Record<BranchEffect, Fate>> = {
  hold: { is: 'held', wasOut: false },
  pass: { is: 'passed', wasOut: false },
  apply: { is: 'applied', wasOut: false },
  release: { is: 'out', wasOut: true },
  shut: { is: 'out', wasOut: true },
};

/** `branch` in the round that `step` names. */
function inRoundOf(step: string, branch: string): string {
  return `${branch}.${step.slice(step.lastIndexOf('.') + 1)}`;
}
