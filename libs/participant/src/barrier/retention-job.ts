import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { Periodic } from '../periodic.js';
import { cleanInbox, type RetentionOptions } from './retention.js';

const logger = new Logger('SkaldInbox');

/** Rounds of clean-up at an interval; the first one creates the partitions that are missing. */
export function retentionJob(
  dataSource: DataSource,
  options: RetentionOptions & { readonly cleanUpIntervalMs: number },
): Periodic {
  return new Periodic({
    name: 'inbox clean-up',
    everyMs: options.cleanUpIntervalMs,
    run: async () => {
      const { postponed, dropped } = await cleanInbox(dataSource, options);
      if (dropped.length > 0) logger.log({ message: 'inbox partitions dropped', dropped });
      if (postponed.length > 0) logger.warn({ message: 'inbox clean-up postponed', postponed });
    },
  });
}
