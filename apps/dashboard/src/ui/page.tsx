import { useEffect, type ReactNode } from 'react';
import classes from './page.module.css';

export interface PageProps {
  readonly title: string;
  readonly heading?: ReactNode;
  /** Right of the heading. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of a page: its name in the browser's tab and as its heading. */
export function Page({ title, heading, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Skald`;
  }, [title]);
  return (
    <div className={classes['page']}>
      <header className={classes['head']}>
        <h1>{heading ?? title}</h1>
        {actions && <div className={classes['actions']}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export interface PanelProps {
  readonly title?: ReactNode;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  /** Without padding, for tables. */
  readonly flush?: boolean;
}

/** A part of a page on a surface of its own. */
export function Panel({ title, aside, children, flush = false }: PanelProps) {
  return (
    <section className={classes['panel']}>
      {(title !== undefined || aside !== undefined) && (
        <header className={classes['panelHead']}>
          {title !== undefined && <h2>{title}</h2>}
          {aside}
        </header>
      )}
      <div className={flush ? classes['flush'] : classes['body']}>{children}</div>
    </section>
  );
}
