import type { ReactNode } from 'react';
import classes from './table.module.css';

/** A column by its head; that of numbers stands on the right. */
export type Column = string | { readonly number: string };

export interface TableProps {
  readonly columns: readonly Column[];
  /** Instead of the look that all tables share. */
  readonly className?: string | undefined;
  /** The rows. */
  readonly children: ReactNode;
}

/** A table with its head; cells take their looks from `table.module.css`. */
export function Table({ columns, className = classes['table'], children }: TableProps) {
  return (
    <table className={className}>
      <thead>
        <tr>
          {columns.map((column, place) => (
            <Head key={place} column={column} />
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

function Head({ column }: { column: Column }) {
  if (typeof column === 'string') return <th scope="col">{column}</th>;
  return (
    <th scope="col" className={classes['number']}>
      {column.number}
    </th>
  );
}
