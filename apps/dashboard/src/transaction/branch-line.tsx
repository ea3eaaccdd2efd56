import { StepBadge, Tag } from '../ui/badge.js';
import classes from './steps.module.css';
import type { Branch } from './transaction.js';

/** One branch in a line: where it stands, its vote, what it was asked and how often. */
export function BranchLine({ branch, state }: { branch: Branch; state: string }) {
  const { name, participant, operation, vote, reason, detail, attempts, round } = branch;
  return (
    <span className={classes['line']}>
      <strong>{name}</strong>
      <StepBadge state={state} />
      <Tag>{vote === null ? 'no vote yet' : `vote ${vote}`}</Tag>
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
