import type { ReactNode } from 'react';
import classes from './facts.module.css';

/** `wide` takes two columns; false is left out. */
export type Fact = readonly [name: string, value: ReactNode, wide?: 'wide'] | false;

/** Names and values, in as many columns as there is room for. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className={classes['facts']}>
      {facts
        .filter((fact) => fact !== false)
        .map(([name, value, wide]) => (
          <div key={name} data-wide={wide === 'wide'}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
