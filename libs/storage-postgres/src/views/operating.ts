import type {
  AuditEntry,
  CoordinatorSeen,
  DeadLetter,
  Page,
  PageOf,
  StoredDeadLetter,
} from '@skald/engine';
import { keyOf, toPage } from './cursor.js';
import { Values, type Reader } from './reader.js';

interface AuditRow extends Omit<AuditEntry, 'expectedVersion' | 'newVersion'> {
  readonly id: string;
  readonly expected_version: number | null;
  readonly new_version: number | null;
}

export async function audit(
  reader: Reader,
  page: Page,
  object?: string,
): Promise<PageOf<AuditEntry & { readonly id: string }>> {
  const values = new Values();
  const ofObject = object === undefined ? 'true' : `object = ${values.add(object)}`;
  const rows = await reader.rows<AuditRow>(
    `select id::text, at, actor, action, object, expected_version, new_version, reason, result, data
       from audit_log where ${ofObject} and ${olderThan(page, values)}
      order by audit_log.id desc limit ${values.add(page.limit + 1)}`,
    values.list,
  );
  return toPage(rows, page, {
    item: ({ expected_version: expectedVersion, new_version: newVersion, ...entry }) => {
      return { ...entry, expectedVersion, newVersion };
    },
    key: ({ id }) => [Number(id)],
  });
}

function olderThan(page: Page, values: Values): string {
  const key = keyOf(page, [0]);
  return key ? `id < ${values.add(key[0])}::bigint` : 'true';
}

export async function recordAudit(reader: Reader, entry: AuditEntry): Promise<void> {
  await reader.rows(
    `insert into audit_log
       (at, actor, action, object, expected_version, new_version, reason, result, data)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      ...[new Date(entry.at), entry.actor, entry.action, entry.object, entry.expectedVersion],
      ...[entry.newVersion, entry.reason, entry.result, entry.data],
    ],
  );
}

const DEAD_LETTER = 'id::text, at, source, reason, headers, payload, state';

export async function deadLetters(reader: Reader, page: Page): Promise<PageOf<StoredDeadLetter>> {
  const values = new Values();
  const rows = await reader.rows<StoredDeadLetter & object>(
    `select ${DEAD_LETTER} from dead_letter where ${olderThan(page, values)}
      order by dead_letter.id desc limit ${values.add(page.limit + 1)}`,
    values.list,
  );
  return toPage(rows, page, { item: (row) => row, key: ({ id }) => [Number(id)] });
}

const DEAD_LETTER_ID = /^\d{1,15}$/;

export async function deadLetter(
  reader: Reader,
  id: string,
): Promise<StoredDeadLetter | undefined> {
  if (!DEAD_LETTER_ID.test(id)) return undefined;
  const [found] = await reader.rows<StoredDeadLetter & object>(
    `select ${DEAD_LETTER} from dead_letter where id = $1::bigint`,
    [id],
  );
  return found;
}

/** PostgreSQL has no U+0000 in its texts; a message that nobody understands may well have some. */
function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}

export async function addDeadLetter(
  reader: Reader,
  { source, reason, headers, payload }: DeadLetter,
): Promise<void> {
  await reader.rows(
    'insert into dead_letter (source, reason, headers, payload) values ($1, $2, $3, $4)',
    [storable(source), storable(reason), JSON.stringify(headers), payload],
  );
}

/** Of two who close one at once, one is told false. */
export async function closeDeadLetter(
  reader: Reader,
  id: string,
  how: 'replayed' | 'discarded',
): Promise<boolean> {
  if (!DEAD_LETTER_ID.test(id)) return false;
  const closed = await reader.rows(
    `update dead_letter set state = $2, closed_at = clock_timestamp()
      where id = $1::bigint and state = 'open' returning 1`,
    [id, how],
  );
  return closed.length === 1;
}

interface CoordinatorRow {
  readonly incarnation: number;
  readonly name: string;
  readonly joined_at: number;
  readonly heartbeat_at: number;
  readonly is_live: boolean;
}

/** Those of the last week; live are those that have not left and beat within their own lease. */
export async function coordinators(reader: Reader): Promise<CoordinatorSeen[]> {
  const rows = await reader.rows<CoordinatorRow>(`
    select incarnation, name, joined_at, heartbeat_at,
           left_at is null and heartbeat_at > now() - lease_ms * interval '1 ms' as is_live
      from coordinator where heartbeat_at > now() - interval '7 days'
     order by incarnation desc`);
  return rows.map((row) => ({
    incarnation: row.incarnation,
    name: row.name,
    joinedAt: row.joined_at,
    heartbeatAt: row.heartbeat_at,
    isLive: row.is_live,
  }));
}
