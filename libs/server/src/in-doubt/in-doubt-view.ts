import { asTransactionId, machineOf, type PreparedItem, type TransactionId } from '@skald/core';
import {
  ageOf,
  type Coordinator,
  type KnownReport,
  type Snapshot,
  type Views,
} from '@skald/engine';
import type { Decision, InDoubtItem, PreparedParticipant } from './in-doubt.schema.js';

/** From then on somebody should look, and from then on somebody is to be called. */
const ALARM_AFTER_MS = 30_000;
const PAGE_AFTER_MS = 120_000;
const FILLING = 0.5;
/** One that reports by itself, again and again while it has something prepared, is silent after that. */
const SILENT_AFTER_MS = 30_000;

interface Sources {
  readonly views: Pick<Views, 'prepared' | 'listed'>;
  readonly coordinator: Pick<Coordinator, 'snapshotOf'>;
}

/** Everything that is prepared, with what was decided over it; the oldest first. */
export async function inDoubt({ views, coordinator }: Sources) {
  const reports = await views.prepared.reports();
  const snapshots = await snapshotsOf({ views, coordinator }, reports);
  const items = reports.flatMap((known) =>
    (known.report?.items ?? []).map((item) => itemOf(known, item, snapshots)),
  );
  return {
    items: items.sort((a, b) => b.ageMs - a.ageMs),
    participants: reports.map(participantOf),
  };
}

async function snapshotsOf({ views, coordinator }: Sources, reports: readonly KnownReport[]) {
  const ids = reports
    .flatMap(({ report }) => report?.items ?? [])
    .map(({ transaction }) => asTransactionId(transaction))
    .filter((id) => id !== undefined);
  const listed = await views.listed([...new Set(ids)]);
  return new Map(
    listed.map((one): [TransactionId, Snapshot] => [
      one.started.id,
      coordinator.snapshotOf({ ...one, history: [] }),
    ]),
  );
}

function itemOf(
  known: KnownReport,
  item: PreparedItem,
  snapshots: ReadonlyMap<TransactionId, Snapshot>,
): InDoubtItem {
  const id = asTransactionId(item.transaction);
  const snapshot = id && snapshots.get(id);
  const decision = decisionOver(snapshot, item.step);
  const ageMs = Math.round(ageOf(known, item));
  const { gid, transaction, step, preparedAt } = item;
  return {
    ...{ gid, participant: known.participant, transaction, step },
    definition: snapshot?.started.definition.name ?? null,
    status: snapshot?.transaction.status ?? null,
    decision,
    follows: FOLLOWS[decision],
    preparedAt: new Date(preparedAt).toISOString(),
    ageMs,
    urgency: ageMs >= PAGE_AFTER_MS ? 'page' : ageMs >= ALARM_AFTER_MS ? 'alarm' : 'fresh',
    locks: item.locks.map((lock) => ({ ...lock })),
    reachable: silentSince(known) === null,
    seenAt: timeOrNull(known.seenAt),
  };
}

const FOLLOWS = {
  commit: 'commit',
  abort: 'abort',
  undecided: 'waits',
  unknown: 'nothing',
} as const;

/** What is durable. Nothing is decided by looking. */
function decisionOver(snapshot: Snapshot | undefined, step: string): Decision {
  if (!snapshot) return 'unknown';
  const { started, definition, transaction } = snapshot;
  const machine = machineOf(started.protocol);
  return machine?.inquire(definition, transaction, step).decision ?? 'unknown';
}

function participantOf(known: KnownReport): PreparedParticipant {
  const { participant: name, report, trouble, seenAt } = known;
  const { used = null, maxPrepared = null } = report ?? {};
  const since = silentSince(known);
  return {
    ...{ name, used, maxPrepared },
    isFilling: used !== null && maxPrepared !== null && used > maxPrepared * FILLING,
    reachable: since === null,
    unreachableSince: timeOrNull(since),
    trouble: trouble ?? (since === null ? null : 'silent'),
    seenAt: timeOrNull(seenAt),
  };
}

function silentSince({ unreachableSince, report, seenMsAgo, seenAt }: KnownReport): number | null {
  if (unreachableSince !== null) return unreachableSince;
  const isExpected = (report?.items.length ?? 0) > 0;
  return isExpected && seenMsAgo > SILENT_AFTER_MS ? seenAt : null;
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** What finishing it by hand means, in words. */
export function consequenceOf(decision: Decision, outcome: 'commit' | 'abort'): string {
  const mixed =
    'the transaction ends parked as heuristic-mixed, and what was done has to be put right by hand';
  if (decision === 'unknown')
    return 'No transaction is known that could tell: nothing follows by itself, and nothing contradicts.';
  if (decision === 'undecided')
    return `Nothing is decided yet. If it is not decided to ${outcome}, ${mixed}.`;
  if (decision === outcome)
    return `It was decided to ${decision}: this does by hand what would follow anyway.`;
  return `It was decided to ${decision}, and the others do. This one does the opposite: ${mixed}.`;
}
