import { UNTOUCHED, type Branch, type BranchStep } from '../world/two-phase/branch.js';
import { BranchLedger } from '../world/two-phase/ledger.js';
import { Interner, type Numbered } from './interner.js';

/** What all participants have, and what they did. */
export interface Place extends Numbered {
  readonly branches: ReadonlyMap<string, Branch>;
  readonly ledger: BranchLedger;
  readonly isAnyHeld: boolean;
}

/** The places that were met, and what every change made of them. */
export class Places {
  readonly first: Place;
  private readonly places = new Interner<Place>();
  private readonly changes = new Map<string, Place>();

  constructor(names: readonly string[]) {
    this.first = this.of(new Map(), new BranchLedger(names));
  }

  /** @throws Violation when the ledger does not agree. */
  change(place: Place, step: string, { branch, effect }: Omit<BranchStep, 'reply'>): Place {
    const name = `${place.id} ${step} ${describe(branch)} ${effect ?? ''}`;
    const known = this.changes.get(name);
    if (known) return known;
    const branches = new Map(place.branches).set(step, branch);
    let { ledger } = place;
    if (effect) {
      ledger = ledger.clone();
      ledger.note(step, effect);
    }
    const next = this.of(branches, ledger);
    this.changes.set(name, next);
    return next;
  }

  private of(branches: ReadonlyMap<string, Branch>, ledger: BranchLedger): Place {
    const touched = [...branches].filter(([, branch]) => describe(branch) !== describe(UNTOUCHED));
    const all = touched.map(([step, branch]) => `${step}${describe(branch)}`).sort();
    const isAnyHeld = touched.some(([, { isHeld, isUnderWay }]) => isHeld || isUnderWay);
    return this.places.get(`${all.join()} ${ledger.describe()}`, (id) => ({
      ...{ id, branches, ledger, isAnyHeld },
    }));
  }
}

function describe({ isUnderWay, isHeld, row }: Branch): string {
  if (isUnderWay) return '~';
  return isHeld ? '+' : (row?.is ?? '-');
}
