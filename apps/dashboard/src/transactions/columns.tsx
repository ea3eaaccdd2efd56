import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Schemas } from '../api/client.js';
import { StatusBadge } from '../ui/badge.js';
import { Time } from '../ui/time.js';
import { duration } from '../ui/time-format.js';
import classes from './list.module.css';
import { Labels } from './labels.js';
import { summaryOf } from './words.js';

export type Item = Schemas['TransactionItem'];

export interface Column {
  readonly name: string;
  readonly label: string;
  /** A track of the grid. */
  readonly width: string;
  readonly isDefault: boolean;
  readonly cell: (item: Item, now: number) => ReactNode;
}

/** All columns there are, in their order. */
export const COLUMNS: readonly Column[] = [
  {
    name: 'status',
    label: 'Status',
    width: '112px',
    isDefault: true,
    cell: ({ status }) => <StatusBadge status={status} />,
  },
  {
    name: 'id',
    label: 'Transaction',
    width: '262px',
    isDefault: true,
    cell: ({ id }) => (
      <Link to="/transactions/$id" params={{ id }} className={classes['id']} data-row-link>
        {id}
      </Link>
    ),
  },
  {
    name: 'definition',
    label: 'Definition',
    width: 'minmax(118px, 0.5fr)',
    isDefault: true,
    cell: ({ definition, definitionVersion }) => (
      <span title={`${definition} version ${definitionVersion}`}>
        {definition}
        {definitionVersion > 1 && <span className={classes['faint']}> v{definitionVersion}</span>}
      </span>
    ),
  },
  {
    name: 'summary',
    label: 'Where it stands',
    width: 'minmax(180px, 1.7fr)',
    isDefault: true,
    cell: (item, now) => {
      const words = summaryOf(item, now);
      return <span title={words}>{words}</span>;
    },
  },
  {
    name: 'labels',
    label: 'Labels',
    width: 'minmax(102px, 0.5fr)',
    isDefault: true,
    cell: ({ labels }) => <Labels labels={labels} />,
  },
  {
    name: 'started',
    label: 'Started',
    width: '66px',
    isDefault: true,
    cell: ({ createdAt }) => <Time at={createdAt} />,
  },
  {
    name: 'took',
    label: 'Took',
    width: '58px',
    isDefault: true,
    cell: ({ createdAt, endedAt }, now) =>
      duration((endedAt ? Date.parse(endedAt) : now) - Date.parse(createdAt)),
  },
  {
    name: 'updated',
    label: 'Changed',
    width: '76px',
    isDefault: false,
    cell: ({ updatedAt }) => <Time at={updatedAt} />,
  },
  {
    name: 'deadline',
    label: 'Deadline',
    width: '76px',
    isDefault: false,
    cell: ({ deadline, endedAt }) => (endedAt ? '' : <Time at={deadline} />),
  },
  {
    name: 'version',
    label: 'Version',
    width: '70px',
    isDefault: false,
    cell: ({ version }) => version,
  },
  {
    name: 'owner',
    label: 'Coordinator',
    width: '120px',
    isDefault: false,
    cell: ({ owner }) => <span className={classes['id']}>{owner}</span>,
  },
];

const DEFAULTS = COLUMNS.filter(({ isDefault }) => isDefault).map(({ name }) => name);

/** The chosen columns; those that most want when none are. */
export function columnsOf(chosen: readonly string[] | undefined): readonly Column[] {
  const names = chosen && chosen.length > 0 ? chosen : DEFAULTS;
  return COLUMNS.filter(({ name }) => names.includes(name));
}
