import type { PreparedReport } from '@skald/core';
import type { KnownReport, PreparedStore } from '@skald/engine';
import type { Reader } from './reader.js';

interface ReportRow {
  readonly participant: string;
  readonly report: PreparedReport | null;
  readonly seen_at: number | null;
  readonly seen_ms_ago: number | null;
  readonly unreachable_since: number | null;
  readonly trouble: string | null;
}

/** Reports of prepared transactions in the coordinators' database. */
export class PostgresPrepared implements PreparedStore {
  constructor(private readonly reader: Reader) {}

  /** Of two instances that look at once, one gets a participant's turn. */
  async turns(participants: readonly string[], everyMs: number): Promise<string[]> {
    if (participants.length === 0) return [];
    const rows = await this.reader.rows<{ participant: string }>(
      `insert into prepared_report as r (participant, asked_at)
       select name, clock_timestamp() from unnest($1::text[]) as name order by name
       on conflict (participant) do update set asked_at = excluded.asked_at
        where r.asked_at < excluded.asked_at - $2::float8 * interval '1 ms'
       returning participant`,
      [[...participants], everyMs],
    );
    return rows.map(({ participant }) => participant);
  }

  async record(report: PreparedReport): Promise<void> {
    await this.reader.rows(
      `insert into prepared_report (participant, seen_at, report)
       values ($1, clock_timestamp(), $2)
       on conflict (participant) do update
          set seen_at = excluded.seen_at, report = excluded.report,
              unreachable_since = null, trouble = null`,
      [report.participant, JSON.stringify(report)],
    );
  }

  /** The last report stays: its locks are held whether or not anybody can ask. */
  async recordSilence(participant: string, trouble: string): Promise<void> {
    await this.reader.rows(
      `insert into prepared_report as r (participant, unreachable_since, trouble)
       values ($1, clock_timestamp(), $2)
       on conflict (participant) do update
          set unreachable_since = coalesce(r.unreachable_since, excluded.unreachable_since),
              trouble = excluded.trouble`,
      [participant, trouble],
    );
  }

  async reports(): Promise<KnownReport[]> {
    const rows = await this.reader.rows<ReportRow & object>(
      `select participant, report, seen_at, unreachable_since, trouble,
              (extract(epoch from clock_timestamp() - seen_at) * 1000)::float8 as seen_ms_ago
         from prepared_report where report is not null or trouble is not null
        order by participant`,
    );
    return rows.map((row) => ({
      participant: row.participant,
      report: row.report,
      seenAt: row.seen_at,
      seenMsAgo: row.seen_ms_ago ?? 0,
      unreachableSince: row.unreachable_since,
      trouble: row.trouble,
    }));
  }
}
