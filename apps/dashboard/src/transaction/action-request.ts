import { api, bodyOf, type Schemas } from '../api/client.js';
import type { ActionKind } from './advice.js';

export type Preview = Schemas['Preview'];

/** What an operator fills in. */
export interface Draft {
  readonly reason: string;
  /** Of resolve; null for a two-phase transaction, whose contradiction is only acknowledged. */
  readonly outcome: 'succeeded' | 'rejected' | null;
  /** JSON, of skip and resolve; empty = none. */
  readonly reply: string;
}

/** A draft in which nothing is filled in yet. */
export function emptyDraft(protocol: 'saga' | 'two-phase'): Draft {
  return { reason: '', outcome: protocol === 'saga' ? 'succeeded' : null, reply: '' };
}

/** Whether a text is JSON or nothing. */
export function isReply(text: string): boolean {
  if (text.trim() === '') return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function bodyFor(kind: ActionKind, { reason, outcome, reply }: Draft) {
  const given = reply.trim() === '' ? {} : { reply: JSON.parse(reply) as unknown };
  if (kind === 'skip') return { reason, ...given };
  if (kind === 'resolve' && outcome !== null) {
    return { reason, outcome, ...(outcome === 'succeeded' && given) };
  }
  return { reason };
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
