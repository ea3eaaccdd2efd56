import {
  IconArrowBackUp,
  IconCircleCheck,
  IconClock,
  IconEye,
  IconLock,
} from '@tabler/icons-react';
import { Badge, Tag } from '../ui/badge.js';
import { Panel } from '../ui/page.js';
import type { Look } from '../ui/tones.js';
import classes from './head.module.css';
import steps from './steps.module.css';
import { Payload } from './steps.js';
import type { Branch } from './transaction.js';

export interface BranchesProps {
  readonly branches: readonly Branch[];
  readonly decision: 'commit' | 'abort' | null;
}

/** What each branch voted, whether it has acknowledged the decision, and what was asked and answered. */
export function Branches({ branches, decision }: BranchesProps) {
  return (
    <div className={classes['stack']}>
      {branches.map((branch) => (
        <Panel key={branch.name} title={branch.name}>
          <div className={steps['line']}>
            <Badge look={lookOf(branch)}>{wordsOf(branch, decision)}</Badge>
            <Tag>round {branch.round}</Tag>
            <code className={steps['operation']}>
              {branch.participant}.{branch.operation}
            </code>
            {branch.reason !== null && <span className={steps['error']}>{branch.reason}</span>}
            <span className={steps['attempts']}>
              {branch.attempts} {branch.attempts === 1 ? 'attempt' : 'attempts'}
            </span>
          </div>
          <div className={steps['payloads']}>
            <Payload title="Request" value={branch.request} what={`request of ${branch.name}`} />
            <Payload title="Reply" value={branch.reply} what={`reply of ${branch.name}`} />
          </div>
        </Panel>
      ))}
    </div>
  );
}

/** Where a branch stands, in words. */
export function wordsOf(branch: Branch, decision: BranchesProps['decision']): string {
  const { vote, acknowledged, heuristic, inDoubt } = branch;
  if (heuristic !== null) return `decided by itself: ${heuristic}`;
  if (inDoubt) return `in doubt: told ${decision ?? 'to decide'} in vain`;
  if (vote === null) return decision === null ? 'asked for its vote' : `${decision} without a vote`;
  if (vote !== 'commit') return `voted ${vote}`;
  if (acknowledged) return `${decision ?? 'decision'} acknowledged`;
  return decision === null ? 'voted commit' : `voted commit, is told ${decision}`;
}

function lookOf({ vote, acknowledged, heuristic, inDoubt }: Branch): Look {
  if (heuristic !== null || inDoubt) return { tone: 'bad', icon: IconLock };
  if (vote === 'abort') return { tone: 'back', icon: IconArrowBackUp };
  if (vote === 'read-only') return { tone: 'idle', icon: IconEye };
  return acknowledged ? { tone: 'ok', icon: IconCircleCheck } : { tone: 'info', icon: IconClock };
}
