import { Link } from '@tanstack/react-router';
import classes from './labels.module.css';

/** Labels, each a way to the transactions that share it. */
export function Labels({ labels }: { labels: Readonly<Record<string, string>> }) {
  return (
    <span className={classes['labels']}>
      {Object.entries(labels).map(([name, value]) => (
        <Link
          key={name}
          to="/transactions"
          search={{ label: [`${name}:${value}`] }}
          className={classes['label']}
          title={`All transactions with ${name}:${value}`}
        >
          <span className={classes['name']}>{name}</span> {value}
        </Link>
      ))}
    </span>
  );
}
