import type { Change } from '@skald/engine';
import type { Listener } from './change-feed.js';
import type { Outlet } from './outlet.js';
import { changeEvent, skippedEvent } from './stream-events.js';

export interface TellerOptions {
  readonly outlet: Pick<Outlet, 'write' | 'end'>;
  readonly isWanted: (change: Change) => boolean;
  /** Of one look into the database; of those beyond it only the number is told. */
  readonly most: number;
}

/** Tells one client the changes that it wants. */
export class Teller implements Listener {
  private told = 0;
  private skipped = 0;
  private last: Change | undefined;

  constructor(private readonly options: TellerOptions) {}

  changed(change: Change): void {
    const { outlet, isWanted, most } = this.options;
    if (!isWanted(change)) return;
    if (this.told < most) {
      this.told += 1;
      outlet.write(changeEvent(change));
      return;
    }
    this.skipped += 1;
    this.last = change;
  }

  looked(): void {
    if (this.last) this.options.outlet.write(skippedEvent(this.skipped, this.last));
    this.told = 0;
    this.skipped = 0;
    this.last = undefined;
  }

  lost(): void {
    this.options.outlet.end('interrupted');
  }
}
