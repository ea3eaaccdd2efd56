/** Stands for the death of the process: nothing after it runs, nothing in memory survives. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** One place to die at: the n-th moment before or after a call of a wrapped port. */
export class CrashPlan {
  private moments = 0;

  constructor(private readonly at: number) {}

  /** Whether the scenario came as far as the place to die at. */
  get isReached(): boolean {
    return this.moments > this.at;
  }

  /**
   * Wraps a port so that the process can die just before and just after each call of its methods, which
   * become asynchronous. Once dead, every further call dies too: a process has one death.
   */
  wrap<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name, receiver): unknown => {
        const method: unknown = Reflect.get(target, name, receiver);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          this.pass(); // The call never happened.
          const result: unknown = await Reflect.apply(method, target, args);
          this.pass(); // It happened and nobody learned of it.
          return result;
        };
      },
    });
  }

  private pass(): void {
    if (this.moments++ >= this.at) throw new Crash();
  }
}

/**
 * Plays a scenario once for every place it can die, until a run gets through without dying. The
 * scenario wraps the ports of the first life only, catches `Crash`, lives again, and checks the end.
 *
 * @returns how many runs it took: twice the port calls of the scenario, and one.
 * @throws Error after `limit` runs (1,000 by default): the scenario never gets through.
 */
export async function crashEverywhere(
  scenario: (plan: CrashPlan) => Promise<void>,
  limit = 1_000,
): Promise<number> {
  for (let at = 0; at < limit; at++) {
    const plan = new CrashPlan(at);
    await scenario(plan);
    if (!plan.isReached) return at + 1;
  }
  throw new Error(`the scenario still dies after ${limit} runs`);
}
