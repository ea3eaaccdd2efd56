/** A change as far as its place among others is concerned. */
interface Placed {
  /** Of its transaction, whose changes have the numbers 1, 2, 3 … */
  readonly id: string;
  readonly seq: number;
  readonly at: number;
}

/** Changes of one writer, in the order in which they became visible. */
export interface Queue<Row> {
  readonly rows: readonly Row[];
  /** There may be more of this writer. */
  readonly isCut: boolean;
}

/**
 * All writers' changes by time, without ever changing the order within a writer or a transaction:
 * clocks of two instances may differ by a little. It ends where a queue that was cut ends, since what
 * follows there may come before what others have, and leaves out transactions that are `held`.
 *
 * Of what is not shown yet something always can be: what was committed first.
 */
export function merged<Row extends Placed>(
  queues: readonly Queue<Row>[],
  held: ReadonlySet<string>,
): Row[] {
  const [only] = queues;
  if (queues.length === 1 && only) return [...only.rows];
  const waiting = numbersOf(queues);
  const heads = queues.map((queue) => ({ ...queue, next: 0 }));
  const all: Row[] = [];
  for (;;) {
    const ready = heads.flatMap((head) => {
      const row = head.rows[head.next];
      const isNext = row && !held.has(row.id) && waiting.get(row.id)?.[0] === row.seq;
      return isNext ? [{ head, row }] : [];
    });
    const [first, ...rest] = ready;
    if (!first) return all;
    const { head, row } = rest.reduce((a, b) => (b.row.at < a.row.at ? b : a), first);
    all.push(row);
    waiting.get(row.id)?.shift();
    head.next += 1;
    if (head.isCut && head.next === head.rows.length) return all;
  }
}

/**
 * The numbers of each transaction's changes, ascending. Where a queue is cut, up to one that is missing:
 * it lies behind the cut. Where none is, what is missing was left out.
 */
function numbersOf(queues: readonly Queue<Placed>[]): Map<string, number[]> {
  const numbers = new Map<string, number[]>();
  for (const { id, seq } of queues.flatMap(({ rows }) => rows)) {
    const known = numbers.get(id);
    if (known) known.push(seq);
    else numbers.set(id, [seq]);
  }
  const isCut = queues.some((queue) => queue.isCut);
  for (const known of numbers.values()) {
    known.sort((a, b) => a - b);
    if (!isCut) continue;
    const gap = known.findIndex((seq, index) => index > 0 && seq !== (known[index - 1] ?? 0) + 1);
    if (gap > 0) known.splice(gap);
  }
  return numbers;
}
