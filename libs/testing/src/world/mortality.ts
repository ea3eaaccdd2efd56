class Death extends Error {}
class Unavailable extends Error {}

const NEVER = -1;

/** When somebody dies, and which call of a port fails. */
export interface Fate {
  /** There is a moment before and one after each call. */
  readonly dieAt?: number | undefined;
  readonly failAt?: number | undefined;
}

/** Lets processes of a world die at every call of a port, before it or after it, and calls fail. */
export class Mortality {
  private momentsToLive = NEVER;
  private callsToFail = NEVER;

  /** Does `act` under that fate. Whether somebody died of it; a call that failed only ends it. */
  during({ dieAt = NEVER, failAt = NEVER }: Fate, act: () => void): boolean {
    this.momentsToLive = dieAt;
    this.callsToFail = failAt;
    try {
      act();
    } catch (error) {
      if (error instanceof Death) return true;
      if (!(error instanceof Unavailable)) throw error;
    } finally {
      this.momentsToLive = NEVER;
      this.callsToFail = NEVER;
    }
    return false;
  }

  /** A call that may fail. */
  fallible<T>(call: () => T): T {
    if (this.callsToFail !== NEVER && this.callsToFail-- === 0) throw new Unavailable();
    return this.passing(call);
  }

  /** A call that nobody hears the outcome of when the caller dies of it. */
  passing<T>(call: () => T): T {
    this.moment(); // The call never happened.
    const result = call();
    this.moment(); // It happened and nobody learned of it.
    return result;
  }

  moment(): void {
    if (this.momentsToLive !== NEVER && this.momentsToLive-- === 0) throw new Death();
  }
}
