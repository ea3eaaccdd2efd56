import { waitFor } from '../../tools/wait.mjs';
import { call, type BranchView, type TransactionView } from '../setup/client.js';
import { RowLock } from '../setup/row-lock.js';
import { sendCommand } from '../setup/send-command.js';
import type { Skald } from '../setup/skald.js';
import type { Place, Transfer } from './transfer-books.js';
import type { Transfers } from './transfers.js';

/** Not among the skus that transfers are drawn of: nobody else waits for its row. */
const SKU = 'WIDGET';
const PATIENCE_MS = 5_000;

/** What was answered to those who came at the wrong moment. */
export interface Crossing {
  readonly transfer: Transfer;
  /** To a second prepare while the first one runs. */
  readonly whileRunning: unknown;
  /** To a second prepare of what is prepared. */
  readonly whilePrepared: unknown;
}

/**
 * Starts a transfer that comes to no end at the giver, whose row somebody else has locked. While its first
 * prepare runs there, and the taker is prepared, each is asked to prepare once more. If it is meant to be
 * cancelled it is now, so that the abort meets one branch that runs and one that is prepared. Then the row
 * is let go.
 *
 * @param isOver Whoever sees no point in waiting any longer; the answers may be incomplete then.
 */
export async function cross(
  skald: Skald,
  transfers: Transfers,
  { isCancelled, isOver = () => false }: { isCancelled: boolean; isOver?: () => boolean },
): Promise<Crossing> {
  const from: Place = isCancelled ? 'warehouse-north' : 'warehouse-south';
  const to: Place = isCancelled ? 'warehouse-south' : 'warehouse-north';
  const lock = await RowLock.on(skald.run().databases[from] ?? '', SKU);
  const until = (condition: () => Promise<boolean>, what: string) =>
    waitFor(async () => isOver() || (await condition()), { timeoutMs: PATIENCE_MS, what });
  try {
    const transfer = await transfers.start({ sku: SKU, from, to });
    const branchOf = async (place: Place) =>
      (await viewOf(skald, transfer)).branches.find(at(place));
    await until(() => lock.isWaitedFor(), 'a prepare that waits for the row');
    await until(async () => (await branchOf(to))?.vote === 'commit', 'a vote of the other');
    const { createdAt } = await viewOf(skald, transfer);
    const [whileRunning, whilePrepared] = await Promise.all([
      prepareAgain(skald, transfer, { place: from, started: createdAt }),
      prepareAgain(skald, transfer, { place: to, started: createdAt }),
    ]);
    if (isCancelled) {
      await transfers.cancel(transfer);
      const isMet = async () => (await branchOf(from))?.reason === 'prepare-under-way';
      await until(isMet, 'an abort that meets a prepare under way');
    }
    return { transfer, whileRunning, whilePrepared };
  } finally {
    await lock.release();
  }
}

const at = (place: Place) => (branch: BranchView) => branch.participant === place;

async function viewOf(skald: Skald, { id }: Transfer): Promise<TransactionView> {
  return (await call<TransactionView>(`${skald.url('coordinator')}/v1/transactions/${id}`)).body;
}

/** As the coordinator does when it has heard nothing of the first one. */
function prepareAgain(
  skald: Skald,
  { id, input: { sku, quantity, from } }: Transfer,
  { place, started }: { place: Place; started: string },
): Promise<unknown> {
  return sendCommand(skald.url(place), {
    transaction: id,
    operation: 'move',
    step: place === 'warehouse-north' ? 'north.1' : 'south.1',
    direction: 'prepare',
    attempt: 2,
    data: { sku, quantity: place === from ? -quantity : quantity, transferId: id },
    started,
  });
}
