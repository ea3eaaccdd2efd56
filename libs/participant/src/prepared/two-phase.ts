import type { DataSource } from 'typeorm';
import { ownDataSource } from '../barrier/own-data-source.js';
import type { Settings } from '../options.js';
import { DecisionClient } from './decision-client.js';
import { InDoubt } from './in-doubt.js';
import { PreparedBarrier } from './prepared-barrier.js';
import { Recovery } from './recovery.js';

/** For recovery and reports, besides those of the decisions. */
const MORE_CONNECTIONS = 2;

/** All that a participant needs which prepares: it exists only where an operation is `@Prepares`. */
export class TwoPhase {
  readonly barrier: PreparedBarrier;
  readonly inDoubt: InDoubt;
  readonly recovery: Recovery;

  private constructor(
    settings: Settings & { readonly coordinatorUrl: URL },
    dataSource: DataSource,
    private readonly own: DataSource,
  ) {
    const barrier = new PreparedBarrier({ ...settings, dataSource, decisions: own });
    const inDoubt = new InDoubt({ ...settings, decisions: own, barrier });
    const coordinator = new DecisionClient(settings.coordinatorUrl);
    this.barrier = barrier;
    this.inDoubt = inDoubt;
    this.recovery = new Recovery({ ...settings, inDoubt, barrier, coordinator });
  }

  /** @throws Error saying what to do when nothing can be prepared here. */
  static async open(settings: Settings, dataSource: DataSource): Promise<TwoPhase> {
    const { coordinatorUrl } = settings;
    if (!coordinatorUrl) {
      throw new Error(
        'coordinator.url is required: an operation is @Prepares, and who has prepared must be able to ask for the decision',
      );
    }
    const own = await ownDataSource(dataSource, settings.decisionConnections + MORE_CONNECTIONS);
    try {
      await assertPreparable(own);
    } catch (error) {
      await own.destroy();
      throw error;
    }
    return new TwoPhase({ ...settings, coordinatorUrl }, dataSource, own);
  }

  async close(): Promise<void> {
    await this.recovery.stop();
    await this.own.destroy();
  }
}

async function assertPreparable(dataSource: DataSource): Promise<void> {
  const sql = `select current_setting('max_prepared_transactions')::int as "maxPrepared"`;
  const [row] = await dataSource.query<{ maxPrepared: number }[]>(sql);
  if (row && row.maxPrepared > 0) return;
  throw new Error(
    'max_prepared_transactions is 0 at this PostgreSQL server, so that @Prepares cannot work: ' +
      'run "alter system set max_prepared_transactions = 1500" as a superuser and restart the server',
  );
}
