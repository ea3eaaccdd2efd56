import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import { StatusBadge } from '../ui/badge.js';
import { Json } from '../ui/json.js';
import { Panel } from '../ui/page.js';
import { Rest, type RestProps } from '../ui/rest.js';
import { Empty } from '../ui/states.js';
import { Table } from '../ui/table.js';
import { clockTimeMs, exactTime } from '../ui/time-format.js';
import classes from './history.module.css';
import type { HistoryItem } from './transaction.js';

export interface HistoryProps {
  readonly items: readonly HistoryItem[];
  readonly filter: { readonly type?: string | undefined; readonly of?: string | undefined };
  readonly setFilter: (filter: { type?: string | undefined; of?: string | undefined }) => void;
  readonly query: RestProps['query'];
}

/** Every transition there was, with its event. */
export function History({ items, filter, setFilter, query }: HistoryProps) {
  const types = [...new Set(items.map(({ type }) => type))];
  const steps = [...new Set(items.flatMap(({ step }) => (step === null ? [] : [step])))];
  const shown = items.filter(
    ({ type, step }) =>
      (!filter.type || type === filter.type) && (!filter.of || step === filter.of),
  );
  const filters = (
    <div className={classes['filters']}>
      <Choice
        label="Event"
        value={filter.type}
        values={types}
        choose={(type) => setFilter({ ...filter, type })}
      />
      <Choice
        label="Step"
        value={filter.of}
        values={steps}
        choose={(of) => setFilter({ ...filter, of })}
      />
    </div>
  );
  return (
    <Panel title={`History (${items.length}${query.hasNextPage ? '+' : ''})`} aside={filters} flush>
      {shown.length === 0 && <Empty title="No such event">Choose another filter.</Empty>}
      {shown.length > 0 && (
        <Table
          columns={['#', 'Time', 'Event', 'Step', 'Attempt', 'Status after', 'By', 'Data']}
          className={classes['table']}
        >
          {shown.map((item) => (
            <Row key={item.seq} item={item} />
          ))}
        </Table>
      )}
      <Rest query={query} />
    </Panel>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly values: readonly string[];
  readonly choose: (value: string | undefined) => void;
}

function Choice({ label, value, values, choose }: ChoiceProps) {
  return (
    <Select
      aria-label={`${label} of the history`}
      placeholder={`Any ${label.toLowerCase()}`}
      clearable
      data={[...new Set([...values, ...(value ? [value] : [])])]}
      value={value ?? null}
      onChange={(chosen) => choose(chosen ?? undefined)}
    />
  );
}

function Row({ item }: { item: HistoryItem }) {
  const [isOpen, setOpen] = useState(false);
  const { seq, at, type, step, direction, attempt, status, by, data } = item;
  const outcome = typeof data['outcome'] === 'string' ? data['outcome'] : undefined;
  const reason = typeof data['reason'] === 'string' ? data['reason'] : undefined;
  return (
    <>
      <tr>
        <td>{seq}</td>
        <td title={exactTime(at)}>{clockTimeMs(at)}</td>
        <td>
          {type}
          {outcome && <span className={classes['outcome']}> {outcome}</span>}
          {reason && <span className={classes['outcome']}>: {reason}</span>}
        </td>
        <td>
          {step}
          {direction !== null && direction !== 'action' && (
            <span className={classes['outcome']}> {direction}</span>
          )}
        </td>
        <td>{attempt}</td>
        <td>
          <StatusBadge status={status} />
        </td>
        <td>{by}</td>
        <td>
          <Button variant="subtle" size="compact-xs" onClick={() => setOpen(!isOpen)}>
            {isOpen ? 'Hide' : 'Show'}
          </Button>
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={8}>
            <Json value={data} what={`data of event ${seq}`} />
          </td>
        </tr>
      )}
    </>
  );
}
