import { invariant, type HistoryEntry } from '@skald/core';
import type {
  AuditEntry,
  Flush,
  FlushResult,
  RowState,
  StartRecord,
  UpdateRecord,
} from '@skald/engine';
import { booleanArray, integerArray, textArray, timeArray, uuidArray } from './binary-array.js';
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
  assertSorted(starts.map(({ started }) => started.id));
  assertSorted(updates.map(({ id }) => id));
  const audits = updates.filter(hasAudit);
  const values: unknown[] = [flush.writer, flush.flush, ...historyColumns(historyOf(flush))];
  if (starts.length > 0) values.push(...startColumns(starts));
  if (updates.length > 0) values.push(...updateColumns(updates));
  if (audits.length > 0) values.push(...auditColumns(audits));
  return { statement: statementFor(starts.length, updates.length, audits.length), values };
}

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

function assertSorted(ids: readonly string[]): void {
  let previous = '';
  for (const id of ids) {
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

function historyColumns({ ids, rows }: History): Buffer[] {
  return [
    uuidArray(ids),
    integerArray(rows.map(({ seq }) => seq)),
    integerArray(rows.map(({ version }) => version)),
    integerArray(rows.map(({ attempt }) => attempt)),
    integerArray(rows.map((_, index) => index + 1)),
    timeArray(rows.map(({ at }) => at)),
    booleanArray(rows.map(({ carriesPayload }) => carriesPayload)),
    textArray(rows.map(({ type }) => type)),
    textArray(rows.map(({ status }) => status)),
    textArray(rows.map(({ step }) => step)),
    textArray(rows.map(({ direction }) => direction)),
    textArray(rows.map(({ by }) => by)),
    textArray(rows.map(({ data }) => data)),
    textArray(rows.map(({ produced }) => produced)),
  ];
}

function rowColumns(rows: readonly RowState[]): Buffer[] {
  return [
    integerArray(rows.map(({ version }) => version)),
    integerArray(rows.map(({ seq }) => seq)),
    timeArray(rows.map(({ dueAt }) => dueAt)),
    timeArray(rows.map(({ sleep }) => sleep?.until ?? null)),
    timeArray(rows.map(({ updatedAt }) => updatedAt)),
    timeArray(rows.map(({ endedAt }) => endedAt)),
    textArray(rows.map(({ status }) => status)),
    textArray(rows.map(({ sleep }) => sleep?.waitingFor ?? null)),
    textArray(rows.map(({ state }) => state)),
  ];
}

function startColumns(starts: readonly StartRecord[]): Buffer[] {
  const started = starts.map((start) => start.started);
  return [
    uuidArray(started.map(({ id }) => id)),
    textArray(started.map(({ protocol }) => protocol)),
    textArray(started.map(({ definition }) => definition.name)),
    integerArray(started.map(({ definition }) => definition.version)),
    textArray(started.map(({ definition }) => definition.hash)),
    timeArray(started.map(({ startedAt }) => startedAt)),
    timeArray(started.map(({ deadline }) => deadline)),
    textArray(started.map(({ requestHash }) => requestHash)),
    textArray(started.map(({ startedBy }) => startedBy)),
    textArray(started.map(({ labels }) => labelsText(labels))),
    ...rowColumns(starts.map(({ row }) => row)),
  ];
}

/** Most transactions have no labels; theirs is a null, which the index leaves out. */
function labelsText(labels: Readonly<Record<string, string>>): string | null {
  const text = JSON.stringify(labels);
  return text === '{}' ? null : text;
}

function updateColumns(updates: readonly UpdateRecord[]): Buffer[] {
  return [
    uuidArray(updates.map(({ id }) => id)),
    integerArray(updates.map(({ expectedVersion }) => expectedVersion)),
    ...rowColumns(updates.map(({ row }) => row)),
  ];
}

function auditColumns(updates: readonly Audited[]): Buffer[] {
  const entries = updates.map(({ audit }) => audit);
  return [
    uuidArray(updates.map(({ id }) => id)),
    timeArray(entries.map(({ at }) => at)),
    integerArray(entries.map(({ expectedVersion }) => expectedVersion)),
    integerArray(entries.map(({ newVersion }) => newVersion)),
    textArray(entries.map(({ actor }) => actor)),
    textArray(entries.map(({ action }) => action)),
    textArray(entries.map(({ object }) => object)),
    textArray(entries.map(({ reason }) => reason)),
    textArray(entries.map(({ result }) => result)),
    textArray(entries.map(({ data }) => data)),
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
const HISTORY = `transaction_id, seq, version, attempt, ordinal, at, carries_payload, type, status,
           step, direction, asked_by, data, produced`;
const HISTORY_TYPES = [
  ...['uuid', 'integer', 'integer', 'integer', 'integer', 'timestamptz', 'boolean'],
  ...['text', 'text', 'text', 'text', 'text', 'text', 'text'],
];
const START = `id, protocol, definition, definition_version, definition_hash, started_at, deadline,
           request_hash, started_by`;
const START_TYPES = [
  ...['uuid', 'text', 'text', 'integer', 'text', 'timestamptz', 'timestamptz'],
  ...['text', 'text', 'text'],
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
  const history = arrays(HISTORY_TYPES);
  const tables = [
    ...(parts.starts ? [startsTable(arrays([...START_TYPES, ...ROW_TYPES]))] : []),
    ...(parts.updates ? [updatesTable(arrays(['uuid', 'integer', ...ROW_TYPES]))] : []),
    historyTable(history, parts),
    ...(parts.audits ? [auditTable(arrays(AUDIT_TYPES))] : []),
  ];
  return `
  with ${tables.join(', ')}
  select clock_timestamp() as now,
         ${parts.starts ? winnersOf('started', 'incoming') : 'null'} as started,
         ${parts.updates ? winnersOf('updated', 'moved') : 'null'} as updated`;
}

/** Ids that exist already are passed over; a start of the same id that is not committed yet is waited for. */
function startsTable(arrays: string): string {
  return `incoming as materialized (
    select * from ${arrays} as r (${START}, labels, ${ROW})
  ), started as (
    insert into transaction_start (${START}, labels)
    select ${START}, labels::jsonb from incoming
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
  return `moved as materialized (
    select * from ${arrays} as r (id, expected_version, ${ROW})
  ), updated as (
    update transaction as t
       set owner = ${OWNER.replaceAll(/wake_at|status/g, 'm.$&')}, writer = $1, flush = $2,
           ${assignments.join(', ')}
      from moved as m
     where t.id = m.id and t.version = m.expected_version
    returning t.id
  )`;
}

/** Only winners have a history. */
function historyTable(arrays: string, { starts, updates }: Parts): string {
  const isWinner = [
    ...(starts ? ['(transaction_id in (select id from started)) is true'] : []),
    ...(updates ? ['(transaction_id in (select id from updated)) is true'] : []),
  ];
  return `recorded as (
    insert into transaction_event (writer, flush, ${HISTORY})
    select $1, $2, ${HISTORY} from ${arrays} as r (${HISTORY})
     where ${isWinner.join(' or ')}
  )`;
}

function auditTable(arrays: string): string {
  return `audited as (
    insert into audit_log (${AUDIT})
    select ${AUDIT} from ${arrays} as r (transaction_id, ${AUDIT})
     where (transaction_id in (select id from updated)) is true
  )`;
}

/** Null says that all won, which is nearly always so and saves the list. */
function winnersOf(won: string, candidates: string): string {
  return `(select case when count(*) = (select count(*) from ${candidates}) then null
                 else coalesce(string_agg(id::text, ','), '') end
            from ${won})`;
}
