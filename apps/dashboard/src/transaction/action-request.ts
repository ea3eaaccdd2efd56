import { api, bodyOf, type Schemas } from '../api/client.js';
import type { Draft } from './action-draft.js';
import type { ActionKind } from './advice.js';

export type Preview = Schemas['Preview'];

function bodyFor(kind: ActionKind, { reason, outcome, branch, heuristic, reply }: Draft) {
  const given = reply.trim() === '' ? {} : { reply: JSON.parse(reply) as unknown };
  if (kind === 'skip') return { reason, ...given };
  if (kind !== 'resolve') return { reason };
  if (branch !== null) return { reason, branch, heuristic };
  return { reason, outcome, ...(outcome === 'succeeded' && given) };
}

/** What would follow. The reason may still be missing. */
export async function askPreview(id: string, kind: ActionKind, draft: Draft): Promise<Preview> {
  const reason = draft.reason.trim() || 'preview';
  const answer = await send(id, kind, { draft: { ...draft, reason }, preview: true });
  return answer as Preview;
}

/** Does it, if the transaction is still as it was when the preview was made. */
export function carryOut(id: string, kind: ActionKind, order: { draft: Draft; version: number }) {
  return send(id, kind, order);
}

interface Order {
  readonly draft: Draft;
  readonly version?: number;
  readonly preview?: boolean;
}

function send(id: string, kind: ActionKind, { draft, version, preview = false }: Order) {
  const params = {
    path: { id },
    query: preview ? { preview: 'true' as const } : {},
    header: version === undefined ? {} : { 'If-Match': `"${version}"` },
  };
  const body = bodyFor(kind, draft);
  switch (kind) {
    case 'retry':
      return bodyOf(api.POST('/v1/transactions/{id}/retry', { params, body }));
    case 'cancel':
      return bodyOf(api.POST('/v1/transactions/{id}/cancel', { params, body }));
    case 'skip':
      return bodyOf(api.POST('/v1/transactions/{id}/skip', { params, body }));
    case 'resolve':
      return bodyOf(api.POST('/v1/transactions/{id}/resolve', { params, body }));
  }
}
