import {
  IconArrowBackUp,
  IconArrowsSplit2,
  IconBan,
  IconCheck,
  IconChecks,
  IconCircleDashed,
  IconHandStop,
  IconHelpHexagon,
  IconHistory,
  IconLock,
  IconPlayerSkipForward,
  IconProgress,
  IconX,
  type TablerIcon,
} from '@tabler/icons-react';

/** What a colour means, the same on every page; an icon and a word always stand beside it. */
export type Tone = 'info' | 'ok' | 'warn' | 'bad' | 'back' | 'idle';

export interface Look {
  readonly tone: Tone;
  readonly icon: TablerIcon;
}

const UNKNOWN: Look = { tone: 'idle', icon: IconHelpHexagon };

const STATUS: Readonly<Record<string, Look>> = {
  running: { tone: 'info', icon: IconProgress },
  compensating: { tone: 'warn', icon: IconArrowBackUp },
  completed: { tone: 'ok', icon: IconCheck },
  compensated: { tone: 'back', icon: IconHistory },
  parked: { tone: 'bad', icon: IconHandStop },
  preparing: { tone: 'info', icon: IconArrowsSplit2 },
  committing: { tone: 'info', icon: IconProgress },
  aborting: { tone: 'warn', icon: IconArrowBackUp },
  committed: { tone: 'ok', icon: IconChecks },
  aborted: { tone: 'back', icon: IconBan },
};

const STEP: Readonly<Record<string, Look>> = {
  pending: { tone: 'idle', icon: IconCircleDashed },
  running: { tone: 'info', icon: IconProgress },
  succeeded: { tone: 'ok', icon: IconCheck },
  rejected: { tone: 'bad', icon: IconX },
  failed: { tone: 'bad', icon: IconX },
  unknown: { tone: 'warn', icon: IconHelpHexagon },
  compensating: { tone: 'warn', icon: IconArrowBackUp },
  compensated: { tone: 'back', icon: IconHistory },
  parked: { tone: 'bad', icon: IconHandStop },
  skipped: { tone: 'idle', icon: IconPlayerSkipForward },
  preparing: { tone: 'info', icon: IconProgress },
  prepared: { tone: 'info', icon: IconLock },
  committing: { tone: 'info', icon: IconProgress },
  committed: { tone: 'ok', icon: IconChecks },
  commit: { tone: 'ok', icon: IconChecks },
  aborting: { tone: 'warn', icon: IconArrowBackUp },
  aborted: { tone: 'back', icon: IconBan },
  abort: { tone: 'back', icon: IconBan },
  'voted-abort': { tone: 'bad', icon: IconX },
  'read-only': { tone: 'idle', icon: IconCheck },
  'in-doubt': { tone: 'bad', icon: IconHelpHexagon },
  'heuristic-commit': { tone: 'bad', icon: IconHandStop },
  'heuristic-abort': { tone: 'bad', icon: IconHandStop },
  'heuristic-hazard': { tone: 'bad', icon: IconHandStop },
};

/** How a status of a transaction looks. */
export function lookOfStatus(status: string): Look {
  return STATUS[status] ?? UNKNOWN;
}

/** How a state of a step, or an outcome of a call, looks. */
export function lookOfStep(state: string): Look {
  return STEP[state] ?? UNKNOWN;
}
