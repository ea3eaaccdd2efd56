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
  private wanted = 0;
  private lastSkipped: Change | undefined;

  constructor(private readonly options: TellerOptions) {}

  changed(change: Change): void {
    const { outlet, isWanted, most } = this.options;
    if (!isWanted(change)) return;
    this.wanted += 1;
    if (this.wanted <= most) outlet.write(changeEvent(change));
    else this.lastSkipped = change;
  }

  looked(): void {
    const { outlet, most } = this.options;
    if (this.lastSkipped) outlet.write(skippedEvent(this.wanted - most, this.lastSkipped));
    this.wanted = 0;
    this.lastSkipped = undefined;
  }

  lost(): void {
    this.options.outlet.end('interrupted');
  }
}
