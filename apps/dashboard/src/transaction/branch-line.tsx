import { StepBadge, Tag } from '../ui/badge.js';
import classes from './steps.module.css';
import type { Branch, Transaction } from './transaction.js';

export interface BranchLineProps {
  readonly branch: Branch;
  readonly state: string;
  readonly decision: Transaction['decision'] | null;
}

/** One branch in a line: where it stands, its vote, what it was asked and how often. */
export function BranchLine({ branch, state, decision }: BranchLineProps) {
  const { name, participant, operation, vote, reason, detail, attempts, round } = branch;
  // Once it is decided nobody waits for one any more.
  const noVote = decision ? 'no vote' : 'no vote yet';
  return (
    <span className={classes['line']}>
      <strong>{name}</strong>
      <StepBadge state={state} />
      <Tag>{vote === null ? noVote : `vote ${vote}`}</Tag>
      <code className={classes['operation']}>
        {participant}.{operation}
      </code>
      {reason !== null && (
        <span className={classes['error']}>{[reason, detail].filter(Boolean).join(': ')}</span>
      )}
      <span className={classes['attempts']}>
        round {round}, {attempts} {attempts === 1 ? 'attempt' : 'attempts'}
      </span>
    </span>
  );
}
