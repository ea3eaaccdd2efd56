/**
 * A participant's circuit breaker (Nygard, "Release It!"): after some failures in a row nothing but a
 * probe is sent until one answer comes. Pure: time is an argument.
 */
export class Circuit {
  private failures = 0;
  private openedTimes = 0;
  private probeAt = 0;
  private isOpen = false;
  private isProbing = false;

  constructor(private readonly options: CircuitOptions) {}

  get state(): 'closed' | 'open' | 'half-open' {
    if (!this.isOpen) return 'closed';
    return this.isProbing ? 'half-open' : 'open';
  }

  /** When the next probe may leave; null while closed. */
  get nextProbeAt(): number | null {
    return this.isOpen ? this.probeAt : null;
  }

  /** Whether one command may leave at `now`; when open, asking takes the probe's place. */
  admits(now: number): boolean {
    if (!this.isOpen) return true;
    if (now < this.probeAt) return false;
    this.isProbing = true;
    this.probeAt = now + this.pauseMs();
    return true;
  }

  /** The participant answered. True when this closed the circuit. */
  succeeded(): boolean {
    const wasOpen = this.isOpen;
    this.failures = 0;
    this.openedTimes = 0;
    this.isOpen = false;
    this.isProbing = false;
    return wasOpen;
  }

  /** The participant was silent or out of reach. True when this opened the circuit. */
  failed(now: number): boolean {
    this.failures++;
    this.isProbing = false;
    if (this.isOpen) {
      this.openedTimes++;
      this.probeAt = now + this.pauseMs();
      return false;
    }
    if (this.failures < this.options.threshold) return false;
    this.isOpen = true;
    this.openedTimes = 0;
    this.probeAt = now + this.pauseMs();
    return true;
  }

  private pauseMs(): number {
    const { pauseMs, maxPauseMs } = this.options;
    return Math.min(maxPauseMs, pauseMs * 2 ** Math.min(this.openedTimes, 20));
  }
}

export interface CircuitOptions {
  /** Failures in a row that open it. */
  readonly threshold: number;
  /** Ms until the first probe; doubles up to `maxPauseMs`. */
  readonly pauseMs: number;
  readonly maxPauseMs: number;
}

export const CIRCUIT_DEFAULTS: CircuitOptions = { threshold: 5, pauseMs: 250, maxPauseMs: 2_000 };
