import { Button, Skeleton } from '@mantine/core';
import { IconAlertTriangle, IconMoodEmpty, type TablerIcon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { explain } from '../api/problem.js';
import classes from './states.module.css';

export interface EmptyProps {
  readonly icon?: TablerIcon;
  readonly title: string;
  /** What to do, or why this is fine. */
  readonly children?: ReactNode;
}

/** Nothing is there, and what that means. */
export function Empty({ icon: Icon = IconMoodEmpty, title, children }: EmptyProps) {
  return (
    <div className={classes['state']}>
      <Icon size={26} stroke={1.5} aria-hidden />
      <strong>{title}</strong>
      {children && <div className={classes['text']}>{children}</div>}
    </div>
  );
}

/** What went wrong, and the way to try again. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const { title, detail } = explain(error);
  return (
    <div className={classes['state']} data-tone="bad" role="alert">
      <IconAlertTriangle size={26} stroke={1.5} aria-hidden />
      <strong>{title}</strong>
      <div className={classes['text']}>{detail}</div>
      {retry && (
        <Button variant="default" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** Lines where text will stand. */
export function Loading({ lines = 6 }: { lines?: number }) {
  return (
    <div className={classes['loading']} role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        <Skeleton key={index} height={18} radius="sm" />
      ))}
    </div>
  );
}
