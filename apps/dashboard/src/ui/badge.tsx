import type { ReactNode } from 'react';
import classes from './badge.module.css';
import { lookOfStatus, lookOfStep, type Look, type Tone } from './tones.js';

/** A word on a tone, with a sign that does not need colour. */
export function Badge({ look, children }: { look: Look; children: ReactNode }) {
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

/** A small plain word: a kind, a transport, a version. */
export function Tag({ tone = 'idle', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={classes['tag']} data-tone={tone}>
      {children}
    </span>
  );
}
