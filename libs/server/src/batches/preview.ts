import { CoordinatorError, type Status, type TransactionId } from '@skald/core';
import type { BatchAction, Coordinator, Order, Preview } from '@skald/engine';
import type { BatchPreview, RefusalView } from './batch.schema.js';

/** How many transactions are looked at, so many at once. */
const CHECKED = 200;
const AT_ONCE = 10;
const MAX_REFUSALS = 50;
const SAMPLE = 5;

interface Looked {
  readonly id: TransactionId;
  readonly preview: Preview | undefined;
  readonly refusal: string | null;
}

/** What `action` would do to those transactions now, for as many of them as can be looked at. */
export async function previewOf(
  coordinator: Pick<Coordinator, 'preview'>,
  { action, by }: { readonly action: BatchAction; readonly by: string },
  { ids, most }: { readonly ids: readonly TransactionId[]; readonly most: number },
): Promise<BatchPreview> {
  const order: Order = { type: `${action}-requested`, by, reason: 'preview' };
  const looked: Looked[] = [];
  for (let at = 0; at < Math.min(CHECKED, ids.length); at += AT_ONCE) {
    const some = ids.slice(at, Math.min(at + AT_ONCE, CHECKED));
    looked.push(...(await Promise.all(some.map((id) => look(coordinator, id, order)))));
  }
  const allowed = looked.filter(({ preview }) => preview?.allowed === true);
  return {
    action,
    matched: Math.min(ids.length, most),
    matchedEstimated: ids.length > most,
    checked: looked.length,
    allowed: allowed.length,
    refused: looked.flatMap(toRefusal).slice(0, MAX_REFUSALS),
    sample: allowed.slice(0, SAMPLE).flatMap(({ id, preview }) => {
      return preview ? [{ id, ...preview, calls: [...preview.calls] }] : [];
    }),
    statuses: statusesOf(allowed),
  };
}

async function look(
  coordinator: Pick<Coordinator, 'preview'>,
  id: TransactionId,
  order: Order,
): Promise<Looked> {
  try {
    const preview = await coordinator.preview(id, order);
    return { id, preview, refusal: preview.refusal };
  } catch (error) {
    if (!(error instanceof CoordinatorError) || error.code === 'STORE_UNAVAILABLE') throw error;
    return { id, preview: undefined, refusal: error.message };
  }
}

function toRefusal({ id, preview, refusal }: Looked): RefusalView[] {
  return preview?.allowed === true
    ? []
    : [{ id, refusal: refusal ?? 'its state does not allow it' }];
}

function statusesOf(allowed: readonly Looked[]): Partial<Record<Status, number>> {
  const statuses: Partial<Record<Status, number>> = {};
  for (const { preview } of allowed) {
    if (preview) statuses[preview.status] = (statuses[preview.status] ?? 0) + 1;
  }
  return statuses;
}
