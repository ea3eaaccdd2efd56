import { Controller } from '@nestjs/common';
import { HOLD_TTL_MS, inventory } from '@skald/contracts';
import type { OutputOf } from '@skald/core';
import { Handles, type HandlerContext, type StoredAction } from '@skald/participant';
import { keep, letGo, reserve } from './reserve.js';

/**
 * The stock side of a transaction by try, confirm and cancel.
 *
 * A hold is committed at once and locks nothing afterwards: until it is confirmed or let go it is an
 * ordinary reservation with an end.
 */
@Controller()
export class HoldParticipant {
  @Handles(inventory.hold)
  async hold(request: Hold, { db }: HandlerContext): Promise<Held> {
    const held = await reserve(db, request, HOLD_TTL_MS);
    const [until] = held.map(({ expiresAt }) => expiresAt?.toISOString());
    return { reservationIds: held.map(({ id }) => id), reservedUntil: until ?? '' };
  }

  async keep(_request: Hold, { db, action }: HandlerContext): Promise<void> {
    await keep(db, heldBy(action).reservationIds);
  }

  async letGo(_request: Hold, { db, action }: HandlerContext): Promise<void> {
    await letGo(db, heldBy(action).reservationIds);
  }
}

type Hold = OutputOf<typeof inventory.hold.request>;
type Held = OutputOf<typeof inventory.hold.reply>;

function heldBy(action: StoredAction | null): Held {
  return action?.reply as Held;
}
