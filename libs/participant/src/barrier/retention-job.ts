import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { cleanInbox, type RetentionOptions } from './retention.js';

/** Rounds of clean-up at an interval, from start to stop. A round that fails is told and tried again. */
export class RetentionJob {
  private readonly logger = new Logger('SkaldInbox');
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    private readonly options: RetentionOptions & { readonly cleanUpIntervalMs: number },
  ) {}

  /** Fulfils after the first round, which creates the partitions that are missing. */
  async start(): Promise<void> {
    this.timer = setInterval(() => {
      this.round = this.round.then(() => this.clean());
    }, this.options.cleanUpIntervalMs);
    this.timer.unref();
    this.round = this.clean();
    await this.round;
  }

  /** Fulfils when the round under way, if any, has ended. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }

  private async clean(): Promise<void> {
    try {
      const { postponed, dropped } = await cleanInbox(this.dataSource, this.options);
      if (dropped.length > 0) this.logger.log({ message: 'inbox partitions dropped', dropped });
      if (postponed.length > 0)
        this.logger.warn({ message: 'inbox clean-up postponed', postponed });
    } catch (error) {
      this.logger.error({ message: 'inbox clean-up failed', error: String(error) });
    }
  }
}
