import { randomUUID } from 'node:crypto';
import { waitFor } from '../../tools/wait.mjs';
import { call } from '../setup/client.js';
import type { Skald } from '../setup/skald.js';
import { statesOf } from './crowd.js';
import { auditTransfers, NORTH, SOUTH, type Place, type Transfer } from './transfer-books.js';

const SKUS = 100;
const MAX_MOVED = 7;
/** More than both warehouses have together. */
const TOO_MUCH = 20_001;
const PATIENCE_MS = 60_000;
const ASK_AGAIN_MS = 100;
/** Customers who wait for the end of one transfer before they start the next. */
const CUSTOMERS = 10;

/** Transfers between the warehouses, as somebody who starts them sees them, and their books. */
export class Transfers {
  private readonly all: Transfer[] = [];

  /** @param draw Numbers from 0 up to 1. */
  constructor(
    private readonly skald: Skald,
    private readonly draw: () => number,
  ) {}

  /**
   * Starts one after the other, ten at a time, until `over`. One in ten wants more than there is, so that one
   * warehouse votes no while the other is prepared; one in ten is cancelled while it is under way.
   */
  async startUntil(over: AbortSignal): Promise<void> {
    const customer = async () => {
      while (!over.aborted) await this.startAny();
    };
    await Promise.all(Array.from({ length: CUSTOMERS }, customer));
  }

  /**
   * Starts one, drawn; whoever is not answered asks again under the same id.
   *
   * @param patience Seconds to wait for its end.
   */
  async start(what: Partial<Transfer['input']> = {}, patience = 0): Promise<Transfer> {
    const isBack = this.draw() < 0.5;
    const [from, to]: [Place, Place] = isBack ? [SOUTH, NORTH] : [NORTH, SOUTH];
    const sku = `SKU-${String(Math.floor(this.draw() * SKUS) + 1).padStart(3, '0')}`;
    const quantity = Math.floor(this.draw() * MAX_MOVED) + 1;
    const input = { sku, quantity, from, to, ...what };
    const transfer = { id: randomUUID(), input };
    this.all.push(transfer);
    await waitFor(() => this.isAccepted(transfer, patience), {
      timeoutMs: PATIENCE_MS,
      what: `${transfer.id} to be accepted`,
      everyMs: ASK_AGAIN_MS,
    });
    return transfer;
  }

  /** Asks to turn it back. No answer, or a no, is fine: it may be decided already. */
  async cancel({ id }: Transfer): Promise<void> {
    const body = { reason: 'nobody wants it any more' };
    const url = `${this.skald.url('coordinator')}/v1/transactions/${id}/cancel`;
    await call(url, { method: 'POST', body, timeoutMs: 5_000 }).catch(() => undefined);
  }

  /** Everything that is wrong in the warehouses' own databases. */
  async faults(): Promise<string[]> {
    const states = await statesOf(this.skald.url('coordinator'));
    return auditTransfers(this.skald.run().databases, this.all, states);
  }

  async endOf({ id }: Transfer): Promise<string | undefined> {
    return (await statesOf(this.skald.url('coordinator'))).get(id)?.status;
  }

  /** How many ended in each way. */
  async ends(): Promise<Record<string, number>> {
    const states = await statesOf(this.skald.url('coordinator'));
    const ends: Record<string, number> = {};
    for (const { id } of this.all) {
      const status = states.get(id)?.status ?? 'unknown';
      ends[status] = (ends[status] ?? 0) + 1;
    }
    return ends;
  }

  private async startAny(): Promise<void> {
    const luck = this.draw();
    if (luck > 0.9) await this.cancel(await this.start());
    else await this.start(luck < 0.1 ? { quantity: TOO_MUCH } : {}, 5);
  }

  private async isAccepted({ id, input }: Transfer, patience: number): Promise<boolean> {
    const url = `${this.skald.url('coordinator')}/v1/transactions/${id}`;
    const body = { definition: 'transfer-stock', input };
    const headers = patience > 0 ? { prefer: `wait=${patience}` } : {};
    const answer = call(url, { method: 'PUT', body, headers, timeoutMs: 10_000 });
    const status = await answer.then(({ status }) => status).catch(() => 0);
    if (![0, 200, 201, 202, 503].includes(status)) throw new Error(`${id} was answered ${status}`);
    return [200, 201, 202].includes(status);
  }
}
