import { fc, test as property } from '@fast-check/jest';
import { merged, type Queue } from './merged.js';

interface Row {
  readonly id: string;
  readonly seq: number;
  readonly at: number;
  readonly writer: number;
}

/** What was committed, in order: which writer moved which transaction, and how wrong its clock was. */
const History = fc.array(
  fc.record({
    writer: fc.nat(2),
    id: fc.nat(3).map(String),
    skewMs: fc.integer({ min: -5, max: 5 }),
  }),
  { maxLength: 60 },
);

function rowsOf(history: readonly { writer: number; id: string; skewMs: number }[]): Row[] {
  const seqs = new Map<string, number>();
  return history.map(({ writer, id, skewMs }, index) => {
    const seq = (seqs.get(id) ?? 0) + 1;
    seqs.set(id, seq);
    return { id, seq, writer, at: index + skewMs };
  });
}

property.prop([History, fc.integer({ min: 1, max: 8 })])(
  'page by page all comes once, in order for each writer and each transaction',
  (history, limit) => {
    const rows = rowsOf(history);
    const seen: Row[] = [];
    while (seen.length < rows.length) {
      const queues = [0, 1, 2].map((writer): Queue<Row> & { rest: Row[] } => {
        const mine = rows.filter((row) => row.writer === writer && !seen.includes(row));
        return { rows: mine.slice(0, limit), isCut: mine.length > limit, rest: mine.slice(limit) };
      });
      const behind = new Set(queues.flatMap(({ rest }) => rest));
      const shown = queues.flatMap((queue) => queue.rows);
      const held = shown.filter(({ id, seq }) => {
        const isFirst = !shown.some((row) => row.id === id && row.seq < seq);
        return isFirst && [...behind].some((row) => row.id === id && row.seq === seq - 1);
      });
      const page = merged(
        queues.filter((queue) => queue.rows.length > 0),
        new Set(held.map(({ id }) => id)),
      );
      expect(page.length).toBeGreaterThan(0);
      seen.push(...page);
    }
    for (const key of ['id', 'writer'] as const) {
      for (const value of new Set(rows.map((row) => row[key]))) {
        const mine = (all: readonly Row[]) => all.filter((row) => row[key] === value);
        expect(mine(seen)).toEqual(mine(rows));
      }
    }
  },
);
