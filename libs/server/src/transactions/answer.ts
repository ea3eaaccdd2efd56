import type { Snapshot, Views } from '@skald/engine';
import type { FastifyReply } from 'fastify';
import { preferencesApplied, type Preferences } from '../http/preferences.js';
import { wholeHistory } from './history.js';
import { itemOf, viewOf } from './view.js';
import type { TransactionItem, TransactionView } from './view.schema.js';

const PLAIN: Preferences = { waitSeconds: undefined, isMinimal: false };

/** The view of a transaction, with the headers that go with it. */
export function answerWith(
  reply: FastifyReply,
  snapshot: Snapshot,
  context: { readonly views: Views; readonly now: number; readonly preferences?: Preferences },
): TransactionItem | TransactionView | Promise<TransactionView> {
  const { views, now, preferences = PLAIN } = context;
  const { id, version } = snapshot.transaction;
  void reply.header('location', `/v1/transactions/${id}`);
  void reply.header('etag', `"${version}"`);
  const applied = preferencesApplied(preferences);
  if (applied !== undefined) void reply.header('preference-applied', applied);
  if (preferences.isMinimal) return itemOf(snapshot);
  const history = wholeHistory(views, snapshot);
  if (history instanceof Promise) return history.then((rows) => viewOf(snapshot, rows, now));
  return viewOf(snapshot, history, now);
}
