import type { Snapshot, Views } from '@skald/engine';
import type { FastifyReply } from 'fastify';
import { preferencesApplied, type Preferences } from '../http/preferences.js';
import { wholeHistory } from './history.js';
import { itemOf, viewOf } from './view.js';
import type { TransactionItem, TransactionView } from './view.schema.js';

const PLAIN: Preferences = { waitSeconds: undefined, isMinimal: false };

/** The view of a transaction, with the headers that go with it. */
export async function answerWith(
  reply: FastifyReply,
  snapshot: Snapshot,
  context: { readonly views: Views; readonly now: number; readonly preferences?: Preferences },
): Promise<TransactionView | TransactionItem> {
  const { views, now, preferences = PLAIN } = context;
  const { id, version } = snapshot.transaction;
  void reply.header('location', `/v1/transactions/${id}`);
  void reply.header('etag', `"${version}"`);
  const applied = preferencesApplied(preferences);
  if (applied !== undefined) void reply.header('preference-applied', applied);
  if (preferences.isMinimal) return itemOf(snapshot);
  return viewOf(snapshot, await wholeHistory(views, snapshot), now);
}
