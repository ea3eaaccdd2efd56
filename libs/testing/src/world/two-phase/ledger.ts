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

  note(step: string, effect: BranchEffect): void {
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

/** `branch` in the round that `step` names. */
function inRoundOf(step: string, branch: string): string {
  return `${branch}.${step.slice(step.lastIndexOf('.') + 1)}`;
}
