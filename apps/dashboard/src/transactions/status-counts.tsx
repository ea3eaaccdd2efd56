import { STATUSES, type Status } from '../api/status.js';
import { lookOfStatus } from '../ui/tones.js';
import classes from './status-counts.module.css';

export interface StatusCountsProps {
  readonly counts:
    { readonly counts?: Record<string, number>; readonly countsEstimated?: boolean } | undefined;
  readonly chosen: readonly Status[];
  readonly change: (next: { status: Status[] }) => void;
}

/** Always shown; those of two-phase commit when there are such transactions. */
const OF_SAGAS: ReadonlySet<Status> = new Set([
  'running',
  'compensating',
  'completed',
  'compensated',
  'parked',
]);

/** How many there are per status, each a filter to switch on and off. */
export function StatusCounts({ counts, chosen, change }: StatusCountsProps) {
  const toggle = (status: Status) => {
    const others = chosen.filter((one) => one !== status);
    change({ status: others.length < chosen.length ? others : [...chosen, status] });
  };
  return (
    <div className={classes['counts']} role="group" aria-label="Filter by status">
      {STATUSES.map((status) => {
        const { icon: Icon, tone } = lookOfStatus(status);
        const count = counts?.counts?.[status] ?? 0;
        const isShown = OF_SAGAS.has(status) || count > 0 || chosen.includes(status);
        if (!isShown) return null;
        return (
          <button
            key={status}
            type="button"
            className={classes['count']}
            aria-pressed={chosen.includes(status)}
            onClick={() => toggle(status)}
          >
            <span className={classes['name']} data-tone={tone}>
              <Icon size={14} aria-hidden />
              {status}
            </span>
            <span className={classes['number']}>
              {counts ? `${counts.countsEstimated ? '≈ ' : ''}${count.toLocaleString('en')}` : '…'}
            </span>
          </button>
        );
      })}
    </div>
  );
}
