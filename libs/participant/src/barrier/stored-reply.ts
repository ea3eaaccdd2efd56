import { asReply, type Reply } from '@skald/core';
import { ContractBroken } from '../errors.js';
import type { StoredAction } from '../handler-context.js';
import type { InboxRow } from './inbox.js';

/** To an action that comes after it was barred. */
export const LATE_ACTION: Reply = {
  outcome: 'rejected',
  reason: 'late-action',
  detail: 'the action was barred before it came',
};

/** To an undoing that had nothing to undo, or that is done. */
export const NOTHING_TO_UNDO: Reply = { outcome: 'succeeded', reply: {} };

/** As much as the coordinator's API takes as an input; brokers and envelopes carry several of them. */
const MAX_REPLY_BYTES = 256 * 1024;

/** @throws ContractBroken before anything is committed whose reply could never be delivered. */
export function serialized(reply: Reply): string {
  const text = JSON.stringify(reply);
  if (Buffer.byteLength(text) <= MAX_REPLY_BYTES) return text;
  throw new ContractBroken('reply-invalid', `larger than ${MAX_REPLY_BYTES} bytes`);
}

/** The reply of a row that has one. */
export function storedReply(row: InboxRow): Reply {
  const reply = asReply(JSON.parse(row.reply ?? 'null'));
  if (!reply) throw new Error('the inbox row holds no reply');
  return reply;
}

/** What the row's command was asked and what it answered. */
export function storedAction(row: InboxRow): StoredAction {
  const reply = storedReply(row);
  return {
    request: JSON.parse(row.request ?? 'null') as unknown,
    reply: reply.outcome === 'succeeded' ? reply.reply : null,
  };
}
