import { useNow } from '../ui/now.js';
import { StatusBadge } from '../ui/badge.js';
import { Id } from '../ui/copyable.js';
import type { Transaction } from './transaction.js';
import { summaryOf } from '../transactions/words.js';
import classes from './head.module.css';

export function Head({ transaction }: { transaction: Transaction }) {
  const now = useNow();
  return (
    <div className={classes['head']}>
      <StatusBadge status={transaction.status} />
      <span>{summaryOf(transaction, now)}</span>
      <Id id={transaction.id} what="transaction id" />
    </div>
  );
}
