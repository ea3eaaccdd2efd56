import { randomUUID } from 'node:crypto';
import { participantSource, PREPARED_TYPE, toHeaders } from '@skald/core';
import type { Bus } from '@skald/transport-kafka';
import { Periodic } from '../periodic.js';
import type { SkaldServer } from '../server/skald-server.js';

export interface PreparedReportsOptions {
  readonly bus: Bus;
  /** The participant's topic of replies: who may write there is known by it. */
  readonly topic: string;
  readonly server: Pick<SkaldServer, 'preparedReport' | 'settings'>;
  readonly everyMs: number;
}

/**
 * Tells the coordinators what is prepared here, for participants that they reach by Kafka alone: again
 * and again while there is something, and once when there is nothing any more.
 */
export class PreparedReports {
  private readonly periodic: Periodic;
  /** What an earlier process told last is not known: it may have been more than there is now. */
  private hasTold = true;
  private isStopped = false;

  constructor(private readonly options: PreparedReportsOptions) {
    const { everyMs } = options;
    const run = () => this.send();
    this.periodic = new Periodic({ name: 'report of what is prepared', everyMs, run });
  }

  /** Begins once the topics are there; waits for nobody. */
  start(ready: Promise<void>): void {
    void ready.then(() => (this.isStopped ? undefined : this.periodic.start()));
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.periodic.stop();
  }

  /** Sends a report if there is something to tell; nothing ever is where nothing can be prepared. */
  async send(): Promise<void> {
    const { bus, topic, server } = this.options;
    const report = await server.preparedReport();
    const hasItems = report.items.length > 0;
    if (report.maxPrepared === 0 || !(hasItems || this.hasTold)) return;
    const attributes = {
      id: randomUUID(),
      source: participantSource(report.participant),
      type: PREPARED_TYPE,
      time: new Date().toISOString(),
    };
    await bus.send([
      {
        topic,
        key: report.participant,
        value: JSON.stringify(report),
        headers: toHeaders(attributes),
      },
    ]);
    this.hasTold = hasItems;
  }
}
