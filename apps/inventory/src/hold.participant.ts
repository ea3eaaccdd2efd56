import { Controller } from '@nestjs/common';
import { inventory } from '@skald/contracts';
import type { OutputOf } from '@skald/core';
import {
  Cancels,
  Confirms,
  Tries,
  type DecisionContext,
  type TryContext,
} from '@skald/participant';
import { keep, letGo, reserve } from './reserve.js';

/**
 * The stock side of a transaction by try, confirm and cancel.
 *
 * A hold is committed at once and locks nothing afterwards: until it is confirmed or let go it is an
 * ordinary reservation with an end.
 */
@Controller()
export class HoldParticipant {
  @Tries(inventory.hold)
  async hold(request: Hold, { db, reservedUntil }: TryContext): Promise<Held> {
    const until = promised(reservedUntil);
    const reservationIds = await reserve(db, request, until);
    return { reservationIds, reservedUntil: until.toISOString() };
  }

  @Confirms(inventory.hold)
  async keep(_request: Hold, { db, action }: DecisionContext): Promise<void> {
    await keep(db, heldBy(action).reservationIds);
  }

  @Cancels(inventory.hold)
  async letGo(_request: Hold, { db, action }: DecisionContext): Promise<void> {
    await letGo(db, heldBy(action).reservationIds);
  }
}

type Hold = OutputOf<typeof inventory.hold.request>;
type Held = OutputOf<typeof inventory.hold.reply>;

function heldBy({ reply }: DecisionContext['action']): Held {
  return reply as Held;
}

function promised(until: Date | null): Date {
  if (until) return until;
  throw new TypeError('the contract of hold says for how long it holds');
}
