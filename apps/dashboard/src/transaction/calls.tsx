import type { Schemas } from '../api/client.js';
import { Tag } from '../ui/badge.js';
import classes from './action-dialog.module.css';

export interface CallsProps {
  readonly calls: Schemas['Preview']['calls'];
  readonly label: string;
}

/** Calls that would follow, in their order. */
export function Calls({ calls, label }: CallsProps) {
  return (
    <ol className={classes['calls']} aria-label={label}>
      {calls.map(({ step, direction, participant, operation }, index) => (
        <li key={index}>
          <span>
            <code>
              {participant}.{operation}
            </code>{' '}
            for {step}
          </span>
          <Tag tone={direction === 'compensation' ? 'back' : 'info'}>{direction}</Tag>
        </li>
      ))}
    </ol>
  );
}
