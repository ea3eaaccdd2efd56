import type { TablerIcon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './callout.module.css';
import type { Tone } from './tones.js';

export interface CalloutProps {
  readonly tone: Tone;
  readonly icon: TablerIcon;
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly aside?: ReactNode;
}

/** What must not be overlooked, with what to do about it. */
export function Callout({ tone, icon: Icon, title, children, aside }: CalloutProps) {
  return (
    <div className={classes['callout']} data-tone={tone}>
      <Icon size={20} stroke={1.8} aria-hidden />
      <div className={classes['text']}>
        <strong>{title}</strong>
        {children && <div>{children}</div>}
      </div>
      {aside}
    </div>
  );
}
