import type { TransactionItem } from '../setup/client.js';
import { rowsOf } from './ledger.js';

export const NORTH = 'warehouse-north';
export const SOUTH = 'warehouse-south';

export type Place = typeof NORTH | typeof SOUTH;

export interface Transfer {
  readonly id: string;
  readonly input: {
    readonly sku: string;
    readonly quantity: number;
    readonly from: Place;
    readonly to: Place;
  };
}

interface Books {
  readonly movements: { transferId: string; quantity: number }[];
  readonly stock: { sku: string; opening: number; onHand: number; moved: number }[];
}

/**
 * Everything that is wrong in the warehouses' own databases, one sentence each, given what was to be moved
 * and how each transaction ended:
 *
 * 1. A committed transfer was moved once in both, an aborted one in neither, and there are no others.
 * 2. What is there is what was there in the beginning and all movements; of each sku both warehouses
 *    have together what they had in the beginning.
 */
export async function auditTransfers(
  databases: Readonly<Record<string, string>>,
  transfers: readonly Transfer[],
  states: ReadonlyMap<string, TransactionItem>,
): Promise<string[]> {
  const [north, south] = await Promise.all(
    [NORTH, SOUTH].map((place) => booksOf(databases[place])),
  );
  if (!north || !south) return ['there are no books'];
  const known = new Set(transfers.map(({ id }) => id));
  const movements = [...north.movements, ...south.movements];
  const strangers = movements.filter(({ transferId }) => !known.has(transferId));
  const moved = [movedIn(north), movedIn(south)];
  return [
    ...transfers.flatMap((transfer) =>
      transferFaults(transfer, states.get(transfer.id)?.status ?? 'unknown', moved),
    ),
    ...strangers.map(({ transferId }) => `nobody wanted ${transferId}`),
    ...stockFaults(north, south),
  ];
}

async function booksOf(database = ''): Promise<Books> {
  const movements = 'select transfer_id as "transferId", quantity from movement';
  return {
    movements: await rowsOf<Books['movements'][number]>(database, movements),
    stock: await rowsOf<Books['stock'][number]>(database, STOCK),
  };
}

/** Quantities by transfer. */
function movedIn({ movements }: Books): ReadonlyMap<string, number[]> {
  const moved = new Map<string, number[]>();
  for (const { transferId, quantity } of movements) {
    moved.set(transferId, [...(moved.get(transferId) ?? []), quantity]);
  }
  return moved;
}

const STOCK = `
  select sku, opening, on_hand + coalesce(coming, 0)::int as "onHand", coalesce(moved, 0)::int as moved
  from stock left join (
    select sku, sum(quantity) as moved, sum(quantity) filter (where not is_booked) as coming
    from movement group by sku
  ) as movements using (sku) order by sku`;

function transferFaults(
  { id, input }: Transfer,
  status: string,
  books: readonly ReadonlyMap<string, number[]>[],
): string[] {
  const moved = books.map((quantities) => quantities.get(id) ?? []);
  const there = input.from === NORTH ? -input.quantity : input.quantity;
  const wanted: Partial<Record<string, number[][]>> = {
    committed: [[there], [-there]],
    aborted: [[], []],
  };
  if (JSON.stringify(moved) === JSON.stringify(wanted[status])) return [];
  return [`${id} is ${status} and moved ${JSON.stringify(moved)}`];
}

function stockFaults(north: Books, south: Books): string[] {
  const wrong = [...north.stock, ...south.stock].flatMap(({ sku, opening, onHand, moved }) =>
    onHand === opening + moved ? [] : [`${sku}: ${opening} and ${moved} are not ${onHand}`],
  );
  const lost = north.stock.flatMap(({ sku, opening, onHand }, index) => {
    const other = south.stock[index];
    const before = opening + (other?.opening ?? 0);
    const now = onHand + (other?.onHand ?? 0);
    return before === now ? [] : [`there were ${before} of ${sku}, now there are ${now}`];
  });
  return [...wrong, ...lost];
}
