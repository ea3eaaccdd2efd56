/**
 * One side of a transfer.
 *
 * A prepared branch keeps its locks until the decision, and the two branches of a transfer are prepared
 * in two databases, where no deadlock detector sees both. So transfers are made such that they cannot
 * wait for each other in a circle: what comes in is appended and locks nothing that anybody else wants;
 * what goes out locks the row of its own sku, and nothing besides. A transfer thus holds one lock that
 * others may wait for, in one database, and while it waits for that one it holds none.
 */
import { Controller, type Type } from '@nestjs/common';
import type { Warehouse } from '@skald/contracts';
import type { OutputOf } from '@skald/core';
import { Prepares, StepRejected, type HandlerContext } from '@skald/participant';
import type { EntityManager } from 'typeorm';

type Move = OutputOf<Warehouse['move']['request']>;
type Moved = OutputOf<Warehouse['move']['reply']>;

/** The handlers of the warehouse whose contract this is. */
export function moveParticipant(contract: Warehouse): Type {
  @Controller()
  class MoveParticipant {
    @Prepares(contract.move)
    move(request: Move, { db }: HandlerContext): Promise<Moved> {
      return move(db, request);
    }
  }
  return MoveParticipant;
}

/** @throws StepRejected `unknown-sku` or `not-enough-stock`. */
export function move(db: EntityManager, request: Move): Promise<Moved> {
  return request.quantity > 0 ? comeIn(db, request) : goOut(db, request);
}

async function comeIn(db: EntityManager, { transferId, sku, quantity }: Move): Promise<Moved> {
  const [movement] = await db.query<{ id: string }[]>(COME_IN, [transferId, sku, quantity]);
  if (!movement) throw new StepRejected('unknown-sku', sku);
  return { movementId: movement.id };
}

async function goOut(db: EntityManager, { transferId, sku, quantity }: Move): Promise<Moved> {
  const locked = await db.query<unknown[]>(LOCK, [sku]);
  if (locked.length === 0) throw new StepRejected('unknown-sku', sku);
  const [movement] = await db.query<{ id: string }[]>(GO_OUT, [transferId, sku, quantity]);
  if (!movement) throw new StepRejected('not-enough-stock', `not ${-quantity} of ${sku}`);
  return { movementId: movement.id };
}

/** Reads the sku's row as it stands: whoever takes from it meanwhile is not waited for. */
const COME_IN = `
  insert into movement (transfer_id, sku, quantity, is_booked)
  select $1, sku, $3, false from stock where sku = $2 returning id`;

/** Waits for whoever takes of the same sku. A statement of its own, so that the next one sees what they left. */
const LOCK = `select from stock where sku = $1 for no key update`;

/**
 * Books what has come in since, as the row is ours anyhow, and takes if there is enough. What came in by
 * a transfer that is not decided yet is not seen, so nobody spends it.
 */
const GO_OUT = `
  with booked as (
    update movement set is_booked = true where sku = $2 and not is_booked returning quantity
  ), taken as (
    update stock set on_hand = on_hand + $3 + (select coalesce(sum(quantity), 0) from booked)
    where sku = $2 and on_hand + $3 + (select coalesce(sum(quantity), 0) from booked) >= 0
    returning sku
  )
  insert into movement (transfer_id, sku, quantity, is_booked)
  select $1, sku, $3, true from taken returning id`;
