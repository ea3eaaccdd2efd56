import { Logger } from '@nestjs/common';

/** Work that is done again and again, one round at a time. */
export interface Job {
  /** For the log: what failed when a round did. */
  readonly name: string;
  /** Pause between two rounds. Milliseconds. */
  readonly everyMs: number;
  readonly run: () => Promise<void>;
}

/** Runs a job from start to stop. A round that fails is told, and the next one comes all the same. */
export class Periodic {
  private readonly logger = new Logger('SkaldJob');
  private timer: NodeJS.Timeout | undefined;
  private isUnderWay = false;
  private round: Promise<void> = Promise.resolve();

  constructor(private readonly job: Job) {}

  /** Fulfils after the first round. */
  async start(): Promise<void> {
    this.timer = setInterval(() => {
      // A round longer than the pause must not make a queue of rounds.
      if (!this.isUnderWay) this.round = this.once();
    }, this.job.everyMs);
    this.timer.unref();
    this.round = this.once();
    await this.round;
  }

  /** Fulfils when the round under way, if any, has ended. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }

  private async once(): Promise<void> {
    this.isUnderWay = true;
    try {
      await this.job.run();
    } catch (error) {
      this.logger.error({ message: `${this.job.name} failed`, error: String(error) });
    } finally {
      this.isUnderWay = false;
    }
  }
}
