import { Checkbox, VisuallyHidden } from '@mantine/core';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type CSSProperties,
  type RefObject,
} from 'react';
import { useIsNarrow } from '../ui/narrow.js';
import { useNow } from '../ui/now.js';
import type { Column, Item } from './columns.js';
import classes from './list.module.css';
import { useRowKeys } from './row-keys.js';

const ROW_PX = 38;
/** Two lines, where there is no room for columns. */
const NARROW_ROW_PX = 62;
const OVERSCAN = 12;

export interface ListProps {
  readonly items: readonly Item[];
  readonly columns: readonly Column[];
  readonly hasMore: boolean;
  readonly loadMore: () => void;
  readonly selected: ReadonlySet<string>;
  readonly toggle: (id: string) => void;
}

/** Rows of transactions; only those near the window exist, however many were loaded. */
export function List({ items, columns, hasMore, loadMore, ...choice }: ListProps) {
  const now = useNow();
  const body = useRef<HTMLDivElement>(null);
  const offset = useOffset(body);
  const isNarrow = useIsNarrow();
  const virtual = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => (isNarrow ? NARROW_ROW_PX : ROW_PX),
    overscan: OVERSCAN,
    scrollMargin: offset,
    getItemKey: (index) => items[index]?.id ?? index,
  });
  useRowKeys(body, {
    count: items.length,
    reveal: (index) => virtual.scrollToIndex(index),
    select: (index) => choice.toggle(items[index]?.id ?? ''),
  });
  useLayoutEffect(() => virtual.measure(), [virtual, isNarrow]);
  const rows = virtual.getVirtualItems();
  const lastShown = rows.at(-1)?.index ?? 0;
  const isNearEnd = lastShown >= items.length - OVERSCAN;
  useEffect(() => {
    if (hasMore && isNearEnd) loadMore();
  }, [hasMore, isNearEnd, loadMore]);

  const tracks = ['18px', ...columns.map(({ width }) => width)].join(' ');
  const template = isNarrow ? {} : { gridTemplateColumns: tracks };
  return (
    <div
      className={classes['table']}
      role="table"
      aria-label="Transactions"
      aria-rowcount={hasMore ? -1 : items.length + 1}
    >
      <Head columns={columns} template={template} />
      <div
        ref={body}
        role="rowgroup"
        className={classes['rows']}
        style={{ height: virtual.getTotalSize() }}
      >
        {rows.map(({ index, start, key }) => {
          const item = items[index];
          if (!item) return null;
          const place = { ...template, transform: `translateY(${start - offset}px)` };
          return <Row key={key} {...{ item, index, columns, now, place, choice }} />;
        })}
      </div>
      {hasMore && <div className={classes['more']}>Loading more …</div>}
    </div>
  );
}

function Head({ columns, template }: { columns: readonly Column[]; template: CSSProperties }) {
  return (
    <div role="rowgroup">
      <div className={classes['head']} role="row" style={template}>
        <div role="columnheader">
          <VisuallyHidden>Selected</VisuallyHidden>
        </div>
        {columns.map(({ name, label }) => (
          <div key={name} role="columnheader">
            {label}
          </div>
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  readonly item: Item;
  readonly index: number;
  readonly columns: readonly Column[];
  readonly now: number;
  readonly place: CSSProperties;
  readonly choice: Pick<ListProps, 'selected' | 'toggle'>;
}

function Row({ item, index, columns, now, place, choice }: RowProps) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      className={classes['row']}
      style={place}
    >
      <div role="cell">
        <Checkbox
          aria-label={`Select ${item.id}`}
          checked={choice.selected.has(item.id)}
          onChange={() => choice.toggle(item.id)}
        />
      </div>
      {columns.map(({ name, cell }) => (
        <div key={name} role="cell" className={classes['cell']} data-column={name}>
          {cell(item, now)}
        </div>
      ))}
    </div>
  );
}

/** How far below the top of the document the rows begin, px. */
function useOffset(body: RefObject<HTMLDivElement | null>): number {
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      const top = body.current?.getBoundingClientRect().top ?? 0;
      setOffset(Math.round(top + window.scrollY));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [body]);
  return offset;
}
