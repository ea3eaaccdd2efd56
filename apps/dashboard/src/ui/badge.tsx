import type { ReactNode } from 'react';
import classes from './badge.module.css';
import { lookOfStatus, lookOfStep, type Look } from './tones.js';

/** A word on a tone, with a sign that does not need colour. */
function Badge({ look, children }: { look: Look; children: ReactNode }) {
  const Icon = look.icon;
  return (
    <span className={classes['badge']} data-tone={look.tone}>
      <Icon size={13} stroke={2.2} aria-hidden />
      {children}
    </span>
  );
}

export function StatusBadge({ status }: { status: string }) {
  return <Badge look={lookOfStatus(status)}>{status}</Badge>;
}

export function StepBadge({ state }: { state: string }) {
  return <Badge look={lookOfStep(state)}>{state}</Badge>;
}
