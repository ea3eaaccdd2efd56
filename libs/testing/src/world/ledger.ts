/** A promise that a world saw broken, named by what was promised. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** @throws Violation naming the `broken` promise unless `holds`. */
export function promise(holds: boolean, broken: string): void {
  if (!holds) throw new Violation(broken);
}

/**
 * What really happened at the participants, written by their handlers and nobody else: the oracle must
 * not believe the barrier or the coordinator.
 */
export class Ledger {
  private readonly applied = new Set<number>();
  private readonly undone = new Set<number>();
  /** Steps whose compensation, or bar, was answered as done. */
  private readonly closed = new Set<number>();

  apply(step: number): void {
    promise(!this.applied.has(step), `step ${step} takes effect at most once`);
    promise(!this.closed.has(step), `step ${step} takes no effect after it was closed`);
    this.applied.add(step);
  }

  undo(step: number): void {
    promise(this.applied.has(step), `step ${step} is undone only after its effect`);
    promise(!this.undone.has(step), `step ${step} is undone at most once`);
    const later = [...this.applied].filter((other) => other > step && !this.undone.has(other));
    promise(later.length === 0, `step ${step} is undone after the later ${later.join(', ')}`);
    this.undone.add(step);
  }

  close(step: number): void {
    this.closed.add(step);
  }

  /** At the end the effects are those of the outcome that the coordinator tells. */
  judge(status: string, steps: number): void {
    for (let step = 0; step < steps; step++) {
      const stands = this.applied.has(step) && !this.undone.has(step);
      if (status === 'completed') promise(stands, `completed: the effect of step ${step} stands`);
      if (status === 'compensated') promise(!stands, `compensated: step ${step} left no effect`);
    }
  }
}
