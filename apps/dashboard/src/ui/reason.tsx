import { Textarea } from '@mantine/core';
import { explain } from '../api/problem.js';
import classes from './reason.module.css';

export interface ReasonFieldProps {
  readonly reason: string;
  readonly change: (reason: string) => void;
  /** Who will read it. */
  readonly description?: string;
}

/** Why somebody gives an order: no order goes without. */
export function ReasonField({ reason, change, description }: ReasonFieldProps) {
  return (
    <Textarea
      label="Reason"
      description={description ?? 'For the audit: who comes later reads why.'}
      required
      maxLength={500}
      autosize
      minRows={2}
      data-autofocus
      value={reason}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

/** What the coordinator had against an order, if anything. */
export function Refusal({ error }: { error: unknown }) {
  if (!error) return null;
  const { title, detail } = explain(error);
  return (
    <p className={classes['refusal']} role="alert">
      <strong>{title}.</strong> {detail}
    </p>
  );
}
