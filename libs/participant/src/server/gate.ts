/** Lets at most `slots` pieces of work run at once, the others wait in line. */
export class Gate {
  private running = 0;
  private readonly line: (() => void)[] = [];
  private readonly whenIdle: (() => void)[] = [];
  private readonly whenShort: (() => void)[] = [];

  constructor(private readonly slots: number) {}

  get waiting(): number {
    return this.line.length;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.slots) this.running++;
    else {
      await new Promise<void>((resolve) => {
        this.line.push(resolve);
      });
    }
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  /** Fulfils when nothing runs and nothing waits. */
  idle(): Promise<void> {
    if (this.running === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.whenIdle.push(resolve);
    });
  }

  /** Fulfils when no more wait than can run at once: enough to keep all slots busy, and little else. */
  isShort(): Promise<void> {
    if (this.line.length <= this.slots) return Promise.resolve();
    return new Promise((resolve) => {
      this.whenShort.push(resolve);
    });
  }

  /** The slot goes to the next in line, so that nobody can jump the queue in between. */
  private leave(): void {
    const next = this.line.shift();
    if (this.line.length <= this.slots) for (const resolve of this.whenShort.splice(0)) resolve();
    if (next) {
      next();
      return;
    }
    this.running--;
    if (this.running === 0) for (const resolve of this.whenIdle.splice(0)) resolve();
  }
}
