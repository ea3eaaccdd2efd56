import { Controller } from '@nestjs/common';
import { inventory } from '@skald/contracts';
import type { OutputOf } from '@skald/core';
import { Handles, type HandlerContext } from '@skald/participant';
import { RELEASE, reserve } from './reserve.js';

/**
 * The stock side of a saga.
 *
 * Each handler runs once per transaction and step, in the database transaction that also records its
 * inbox row; so it holds no code for duplicates, for lost replies, or for a release that overtakes
 * its reserve. Rows of stock are hot and always locked in the order of their skus.
 */
@Controller()
export class StockParticipant {
  @Handles(inventory.reserve)
  async reserve(request: Reserve, { db }: HandlerContext): Promise<Reserved> {
    return { reservationIds: await reserve(db, request, null) };
  }

  @Handles(inventory.release)
  async release({ orderId }: OrderRef, { db }: HandlerContext): Promise<Record<string, never>> {
    await db.query(RELEASE, [orderId]);
    return {};
  }
}

type Reserve = OutputOf<typeof inventory.reserve.request>;
type Reserved = OutputOf<typeof inventory.reserve.reply>;
type OrderRef = OutputOf<typeof inventory.release.request>;
