import { CoordinatorError } from '@skald/core';
import type { ServerResponse } from 'node:http';

/** Event streams that are open now; there is a bound to them. */
export class OpenStreams {
  private readonly open = new Set<ServerResponse>();

  constructor(readonly most: number) {}

  get size(): number {
    return this.open.size;
  }

  /** @throws CoordinatorError OVERLOADED when no more may be opened. */
  refuseMore(): void {
    if (this.open.size < this.most) return;
    throw new CoordinatorError('OVERLOADED', 'too many event streams are open');
  }

  add(stream: ServerResponse): void {
    this.open.add(stream);
  }

  remove(stream: ServerResponse): void {
    this.open.delete(stream);
  }

  endAll(): void {
    for (const stream of this.open) stream.end();
  }
}
