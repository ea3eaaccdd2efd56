import { Tooltip } from '@mantine/core';
import { IconAlertTriangle, IconBroadcast, IconLoader2 } from '@tabler/icons-react';
import { clockTime } from '../ui/time-format.js';
import classes from './live-indicator.module.css';
import { useLiveState } from './live.js';

const HINTS = {
  live: 'Changes arrive as they happen.',
  connecting: 'Opening the stream of changes.',
  stale: 'The stream of changes is interrupted; it is tried again. What you see may be outdated.',
} as const;

/** Whether the page is live, in a word; since when it is not. */
export function LiveIndicator() {
  const { phase, since } = useLiveState();
  return (
    <Tooltip label={HINTS[phase]}>
      <span className={classes['indicator']} data-phase={phase} role="status" tabIndex={0}>
        {phase === 'live' && <IconBroadcast size={15} aria-hidden />}
        {phase === 'connecting' && <IconLoader2 size={15} aria-hidden />}
        {phase === 'stale' && <IconAlertTriangle size={15} aria-hidden />}
        {phase === 'live' && 'Live'}
        {phase === 'connecting' && 'Connecting'}
        {phase === 'stale' && `Stale since ${clockTime(since)}`}
      </span>
    </Tooltip>
  );
}
