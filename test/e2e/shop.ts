import {
  call,
  placeOrder,
  type Answer,
  type Call,
  type HistoryItem,
  type OrderInput,
  type TransactionView,
} from '../setup/client.js';
import type { Skald } from '../setup/skald.js';

export interface Stock {
  onHand: number;
  reserved: number;
  available: number;
}

export interface Ledger {
  items: { orderId: string; amountCents: number }[];
  count: number;
  totalCents: number;
}

const WAREHOUSES = ['warehouse-north', 'warehouse-south'] as const;

/** The shop as its caller, its customers and its staff see it: by the public APIs alone. */
export class Shop {
  constructor(private readonly skald: Skald) {}

  /** A request to the coordinator; the path is below `/v1/`. */
  ask<Body>(path: string, request: Call = {}): Promise<Answer<Body>> {
    return call(`${this.skald.url('coordinator')}/v1/${path}`, request);
  }

  post(body: unknown, headers: Record<string, string> = {}): Promise<Answer<TransactionView>> {
    return this.ask('transactions', { method: 'POST', body, headers });
  }

  /** Starts a transaction and waits for its end. */
  async run(definition: string, input: object): Promise<TransactionView> {
    const { status, body } = await this.post({ definition, input }, { prefer: 'wait=30' });
    expect(status).toBe(201);
    return body;
  }

  /** Starts a place-order and waits for its end. */
  async order(input: Partial<OrderInput>): Promise<TransactionView> {
    const { status, body } = await this.post(placeOrder(input), { prefer: 'wait=10' });
    expect(status).toBe(201);
    return body;
  }

  async find(id: string): Promise<TransactionView> {
    return (await this.ask<TransactionView>(`transactions/${id}`)).body;
  }

  async history(id: string): Promise<HistoryItem[]> {
    const { body } = await this.ask<{ items: HistoryItem[] }>(`transactions/${id}/history`);
    return body.items;
  }

  async stock(sku: string): Promise<Stock> {
    return (await call<Stock>(`${this.skald.url('inventory')}/stock/${sku}`)).body;
  }

  async balance(customer: string): Promise<number> {
    const url = `${this.skald.url('payment')}/accounts/${customer}`;
    return (await call<{ balanceCents: number }>(url)).body.balanceCents;
  }

  async reservations(orderId: string): Promise<{ sku: string; status: string }[]> {
    const url = `${this.skald.url('inventory')}/reservations?orderId=${orderId}`;
    return (await call<{ items: { sku: string; status: string }[] }>(url)).body.items;
  }

  /** What was booked to the merchant, for one order or altogether. */
  async ledger(orderId?: string): Promise<Ledger> {
    const query = orderId === undefined ? '' : `?orderId=${orderId}`;
    return (await call<Ledger>(`${this.skald.url('payment')}/ledger${query}`)).body;
  }

  /** What both warehouses have of a sku: north, south. */
  async stored(sku: string): Promise<number[]> {
    return Promise.all(
      WAREHOUSES.map(async (name) => {
        const url = `${this.skald.url(name)}/stock/${sku}`;
        return (await call<{ onHand: number }>(url)).body.onHand;
      }),
    );
  }

  /** What a transfer moved in both warehouses: north, south. */
  async moved(transferId: string): Promise<number[][]> {
    return Promise.all(
      WAREHOUSES.map(async (name) => {
        const url = `${this.skald.url(name)}/movements?transferId=${transferId}`;
        const { items } = (await call<{ items: { quantity: number }[] }>(url)).body;
        return items.map(({ quantity }) => quantity);
      }),
    );
  }

  async payments(orderId: string): Promise<{ amountCents: number; status: string }[]> {
    const url = `${this.skald.url('payment')}/payments?orderId=${orderId}`;
    return (await call<{ items: { amountCents: number; status: string }[] }>(url)).body.items;
  }

  async placed(id: string): Promise<{ status: string; totalCents: number }> {
    const url = `${this.skald.url('order')}/orders/${id}`;
    return (await call<{ status: string; totalCents: number }>(url)).body;
  }
}
