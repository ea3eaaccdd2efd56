import { MAX_QUANTITY, Sku, warehouse } from '@skald/contracts';
import { twoPhase, type MappingContext } from '@skald/core';
import { z } from 'zod';

const NORTH = 'warehouse-north';
const SOUTH = 'warehouse-south';

const Place = z.enum([NORTH, SOUTH]);

const TransferStock = z
  .strictObject({
    sku: Sku,
    quantity: z.int().positive().max(MAX_QUANTITY),
    from: Place,
    to: Place,
  })
  .refine(({ from, to }) => from !== to, {
    path: ['to'],
    error: 'expected another warehouse than from',
  });

type Transfer = MappingContext<z.output<typeof TransferStock>, unknown>;

/** What the transfer means to one of the warehouses: it gives, or it gets. */
const moveAt =
  (place: z.output<typeof Place>) =>
  ({ input: { sku, quantity, from }, transaction }: Transfer) => ({
    sku,
    quantity: from === place ? -quantity : quantity,
    transferId: transaction.id,
  });

/** Stock leaves one warehouse and arrives at the other: what both have together never changes. */
export const transferStock = twoPhase('transfer-stock', { version: 1, input: TransferStock })
  .branch('north', warehouse(NORTH).move, moveAt(NORTH))
  .branch('south', warehouse(SOUTH).move, moveAt(SOUTH))
  .output(({ input: { sku, quantity, from, to } }) => ({ sku, quantity, from, to }))
  .build();
