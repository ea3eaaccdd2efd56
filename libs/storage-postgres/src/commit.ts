import { invariant, type HistoryEntry } from '@skald/core';
import type {
  AuditEntry,
  Flush,
  FlushResult,
  RowState,
  StartRecord,
  UpdateRecord,
} from '@skald/engine';
import { ArrayWriter } from './binary-array.js';
import type { Statement } from './session.js';

/**
 * A group commit is one statement: what starts, what moves, and the history and audit rows of those
 * that won, all or nothing. There is a statement for each mixture, so that none carries empty parts.
 *
 * Rows are locked in the order of the arrays, all starts before all updates; both are sorted by id, so
 * that two instances never wait for each other in a circle.
 *
 * Every `in (select …)` is kept from becoming a join by what stands around it: PostgreSQL then
 * probes a hash table. As a join it would be a nested loop over the whole batch, because the session
 * rules out hash joins for the sake of the update (docs/decisions/0002-rows-and-indexes.md).
 */
export function toCommit(flush: Flush): { statement: Statement; values: unknown[] } {
  const { starts, updates } = flush;
  assertSorted(starts, ({ started }) => started.id);
  assertSorted(updates, ({ id }) => id);
  const audits = updates.filter(hasAudit);
  const writer = new ArrayWriter((starts.length + updates.length) * BYTES_OF_ONE);
  const values: unknown[] = [flush.writer, flush.flush];
  values.push(...historyColumns(writer, historyOf(flush)));
  if (starts.length > 0) values.push(...startColumns(writer, starts));
  if (updates.length > 0) values.push(...updateColumns(writer, updates));
  if (audits.length > 0) values.push(...auditColumns(writer, audits));
  return { statement: statementFor(starts.length, updates.length, audits.length), values };
}

/** What a transaction brings to a group commit, roughly: room for it is made at once. */
const BYTES_OF_ONE = 1_024;

/** The answer of the statement: the winners, or null where all won. */
export interface CommitAnswer {
  readonly now: number;
  readonly started: string | null;
  readonly updated: string | null;
}

export function toFlushResult({ starts, updates }: Flush, answer: CommitAnswer): FlushResult {
  return {
    started: winners(answer.started, () => starts.map(({ started }) => started.id)),
    updated: winners(answer.updated, () => updates.map(({ id }) => id)),
    now: answer.now,
  };
}

function winners(listed: string | null, all: () => string[]): ReadonlySet<string> {
  if (listed === null) return new Set(all());
  return new Set(listed === '' ? [] : listed.split(','));
}

function assertSorted<Row>(rows: readonly Row[], idOf: (row: Row) => string): void {
  let previous = '';
  for (const row of rows) {
    const id = idOf(row);
    invariant(id > previous, 'a flush is sorted by id and names each transaction once');
    previous = id;
  }
}

type Audited = UpdateRecord & { readonly audit: AuditEntry };

function hasAudit(update: UpdateRecord): update is Audited {
  return update.audit !== undefined;
}

/** All history rows of a flush, and the transaction of each. */
interface History {
  readonly ids: string[];
  readonly rows: HistoryEntry[];
}

function historyOf({ starts, updates }: Flush): History {
  const ids: string[] = [];
  const rows: HistoryEntry[] = [];
  const add = (id: string, history: readonly HistoryEntry[]) => {
    for (const entry of history) {
      ids.push(id);
      rows.push(entry);
    }
  };
  for (const { started, history } of starts) add(started.id, history);
  for (const { id, history } of updates) add(id, history);
  return { ids, rows };
}

function historyColumns(writer: ArrayWriter, { ids, rows }: History): Buffer[] {
  return [
    writer.uuids(ids, (id) => id),
    writer.integers(rows, ({ seq }) => seq),
    writer.integers(rows, ({ version }) => version),
    writer.integers(rows, ({ attempt }) => attempt),
    writer.times(rows, ({ at }) => at),
    writer.booleans(rows, ({ carriesPayload }) => carriesPayload),
    writer.texts(rows, ({ type }) => type),
    writer.texts(rows, ({ status }) => status),
    writer.texts(rows, ({ step }) => step),
    writer.texts(rows, ({ direction }) => direction),
    writer.texts(rows, ({ by }) => by),
    writer.texts(rows, ({ data }) => data),
    writer.texts(rows, ({ produced }) => produced),
  ];
}

function rowColumns(writer: ArrayWriter, records: readonly { readonly row: RowState }[]): Buffer[] {
  return [
    writer.integers(records, ({ row }) => row.version),
    writer.integers(records, ({ row }) => row.seq),
    writer.times(records, ({ row }) => row.dueAt),
    writer.times(records, ({ row }) => row.sleep?.until ?? null),
    writer.times(records, ({ row }) => row.updatedAt),
    writer.times(records, ({ row }) => row.endedAt),
    writer.texts(records, ({ row }) => row.status),
    writer.texts(records, ({ row }) => row.sleep?.waitingFor ?? null),
    writer.texts(records, ({ row }) => row.state),
  ];
}

function startColumns(writer: ArrayWriter, starts: readonly StartRecord[]): Buffer[] {
  return [
    writer.uuids(starts, ({ started }) => started.id),
    writer.texts(starts, ({ started }) => started.protocol),
    writer.texts(starts, ({ started }) => started.definition.name),
    writer.integers(starts, ({ started }) => started.definition.version),
    writer.hexes(starts, ({ started }) => started.definition.hash),
    writer.times(starts, ({ started }) => started.startedAt),
    writer.times(starts, ({ started }) => started.deadline),
    writer.hexes(starts, ({ started }) => started.requestHash),
    writer.texts(starts, ({ started }) => started.startedBy),
    writer.texts(starts, ({ started }) => labelsText(started.labels)),
    ...rowColumns(writer, starts),
  ];
}

/** Most transactions have no labels; theirs is a null, which the index leaves out. */
function labelsText(labels: Readonly<Record<string, string>>): string | null {
  const text = JSON.stringify(labels);
  return text === '{}' ? null : text;
}

function updateColumns(writer: ArrayWriter, updates: readonly UpdateRecord[]): Buffer[] {
  return [
    writer.uuids(updates, ({ id }) => id),
    writer.integers(updates, ({ expectedVersion }) => expectedVersion),
    ...rowColumns(writer, updates),
  ];
}

function auditColumns(writer: ArrayWriter, updates: readonly Audited[]): Buffer[] {
  return [
    writer.uuids(updates, ({ id }) => id),
    writer.times(updates, ({ audit }) => audit.at),
    writer.integers(updates, ({ audit }) => audit.expectedVersion),
    writer.integers(updates, ({ audit }) => audit.newVersion),
    writer.texts(updates, ({ audit }) => audit.actor),
    writer.texts(updates, ({ audit }) => audit.action),
    writer.texts(updates, ({ audit }) => audit.object),
    writer.texts(updates, ({ audit }) => audit.reason),
    writer.texts(updates, ({ audit }) => audit.result),
    writer.texts(updates, ({ audit }) => audit.data),
  ];
}

function statementFor(starts: number, updates: number, audits: number): Statement {
  const key = `${starts > 0 ? 'starts ' : ''}${updates > 0 ? 'updates ' : ''}${audits > 0 ? 'audits' : ''}`;
  let statement = STATEMENTS.get(key);
  if (!statement) {
    statement = {
      name: `commit ${key}`.trim(),
      text: commitText({ starts: starts > 0, updates: updates > 0, audits: audits > 0 }),
    };
    STATEMENTS.set(key, statement);
  }
  return statement;
}

const STATEMENTS = new Map<string, Statement>();

interface Parts {
  readonly starts: boolean;
  readonly updates: boolean;
  readonly audits: boolean;
}

const ROW = 'version, seq, due_at, wake_at, updated_at, ended_at, status, waiting_for, state';
const ROW_TYPES = [
  ...['integer', 'integer', 'timestamptz', 'timestamptz', 'timestamptz', 'timestamptz'],
  ...['text', 'text', 'text'],
];
const HISTORY = `transaction_id, seq, version, attempt, at, carries_payload, type, status, step,
           direction, asked_by, data, produced`;
const HISTORY_TYPES = [
  ...['uuid', 'integer', 'integer', 'integer', 'timestamptz', 'boolean'],
  ...['text[]::event_type', 'text[]::event_status', 'text', 'text[]::event_direction'],
  ...['text', 'text', 'text'],
];
const START = `id, protocol, definition, definition_version, definition_hash, started_at, deadline,
           request_hash, started_by`;
const START_TYPES = [
  ...['uuid', 'text', 'text', 'integer', 'bytea', 'timestamptz', 'timestamptz'],
  ...['bytea', 'text', 'text'],
];
const AUDIT = 'at, expected_version, new_version, actor, action, object, reason, result, data';
const AUDIT_TYPES = [
  ...['uuid', 'timestamptz', 'integer', 'integer', 'text', 'text', 'text', 'text', 'text', 'text'],
];

/** Nobody keeps what sleeps or is parked. */
const OWNER = `case when wake_at is not null or status = 'parked' then 0 else $1::integer end`;

/** The statement for a flush with these parts. Parameters: writer, flush, then the arrays of each part. */
export function commitText(parts: Parts): string {
  let used = 2;
  const arrays = (types: readonly string[]) =>
    `unnest(${types.map((type) => `$${++used}::${type}[]`).join(', ')})`;
  /** The first of the arrays to come. */
  const ids = () => `$${used + 1}::uuid[]`;
  const history = arrays(HISTORY_TYPES);
  const startIds = ids();
  const starts = parts.starts ? [startsTable(arrays([...START_TYPES, ...ROW_TYPES]))] : [];
  const updateIds = ids();
  const updates = parts.updates ? [updatesTable(arrays(['uuid', 'integer', ...ROW_TYPES]))] : [];
  const tables = [
    ...starts,
    ...updates,
    historyTable(history, parts),
    ...(parts.audits ? [auditTable(arrays(AUDIT_TYPES))] : []),
  ];
  return `
  with ${tables.join(', ')}
  select clock_timestamp() as now,
         ${parts.starts ? winnersOf('started', startIds) : 'null'} as started,
         ${parts.updates ? winnersOf('updated', updateIds) : 'null'} as updated`;
}

/**
 * Ids that exist already, or did until their retention was over, are passed over; a start of the same id
 * that is not committed yet is waited for. Both tables are looked at by one snapshot: a transaction that
 * is forgotten at this very moment is in one of them.
 */
function startsTable(arrays: string): string {
  return `incoming as materialized (
    select * from ${arrays} as r (${START}, labels, ${ROW})
  ), started as (
    insert into transaction_start (${START}, labels)
    select ${START}, labels::jsonb from incoming as i
     where (select true from tombstone as g where g.id = i.id limit 1) is null
       and (select true from transaction_start as s where s.id = i.id limit 1) is null
    on conflict (id) do nothing
    returning id
  ), opened as (
    insert into transaction (id, owner, writer, flush, ${ROW})
    select id, ${OWNER}, $1, $2, ${ROW} from incoming
     where (id in (select id from started)) is true
  )`;
}

/** Moves the rows whose version is still the expected one; of two rivals the second finds it changed. */
function updatesTable(arrays: string): string {
  const assignments = ROW.split(', ').map((column) => `${column} = m.${column}`);
  return `updated as (
    update transaction as t
       set owner = ${OWNER.replaceAll(/wake_at|status/g, 'm.$&')}, writer = $1, flush = $2,
           ${assignments.join(', ')}
      from ${arrays} as m (id, expected_version, ${ROW})
     where t.id = m.id and t.version = m.expected_version
    returning t.id
  )`;
}

/** Only winners have a history, and one row tells which of them the flush wrote, in what order. */
function historyTable(arrays: string, { starts, updates }: Parts): string {
  const isWinner = [
    ...(starts ? ['(transaction_id in (select id from started)) is true'] : []),
    ...(updates ? ['(transaction_id in (select id from updated)) is true'] : []),
  ];
  return `recorded as (
    insert into transaction_event (writer, flush, ${HISTORY})
    select $1, $2, ${HISTORY} from ${arrays} as r (${HISTORY})
     where ${isWinner.join(' or ')}
    returning transaction_id, seq, at
  ), told as (
    insert into transaction_flush (writer, flush, at, transaction_ids, seqs)
    select $1, $2, min(at), array_agg(transaction_id order by transaction_id, seq),
           array_agg(seq order by transaction_id, seq)
      from recorded
    having count(*) > 0
  )`;
}

function auditTable(arrays: string): string {
  return `audited as (
    insert into audit_log (${AUDIT})
    select ${AUDIT} from ${arrays} as r (transaction_id, ${AUDIT})
     where (transaction_id in (select id from updated)) is true
  )`;
}

/** Null says that all of `ids` won, which is nearly always so: then no list is made. */
function winnersOf(won: string, ids: string): string {
  return `case when (select count(*) from ${won}) < cardinality(${ids})
              then (select coalesce(string_agg(id::text, ','), '') from ${won}) end`;
}
