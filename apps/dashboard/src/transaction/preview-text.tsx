import { IconAlertTriangle } from '@tabler/icons-react';
import { explain } from '../api/problem.js';
import { StatusBadge } from '../ui/badge.js';
import classes from './action-dialog.module.css';
import type { Preview } from './action-request.js';
import type { ActionKind } from './advice.js';
import { Calls } from './calls.js';

export interface PreviewTextProps {
  readonly kind: ActionKind;
  readonly preview: Preview | undefined;
  readonly error: unknown;
}

/** What would follow from a command, before it is given. */
export function PreviewText({ kind, preview, error }: PreviewTextProps) {
  return (
    <section className={classes['preview']} aria-label="What follows" aria-live="polite">
      <h3>What follows</h3>
      {!preview && !error && 'Asking the coordinator …'}
      {error !== null && error !== undefined && <span>{explain(error).detail}</span>}
      {preview && !preview.allowed && (
        <span className={classes['warning']}>
          <IconAlertTriangle size={15} aria-hidden />
          Not possible now: {preview.refusal}
        </span>
      )}
      {preview?.allowed && <Allowed kind={kind} preview={preview} />}
    </section>
  );
}

function Allowed({ kind, preview }: { kind: ActionKind; preview: Preview }) {
  const { calls, status, irreversible } = preview;
  return (
    <>
      It becomes <StatusBadge status={status} />{' '}
      {calls.length === 0
        ? 'and nothing more is called.'
        : `and, if every answer is a success, these calls follow in this order:`}
      <Calls calls={calls} label="Calls" />
      {irreversible && kind !== 'retry' && (
        <p className={classes['warning']}>
          <IconAlertTriangle size={15} aria-hidden />
          This cannot be undone.
        </p>
      )}
    </>
  );
}
