import { Button } from '@mantine/core';
import classes from './states.module.css';

export interface RestProps {
  readonly query: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly fetchNextPage: () => Promise<unknown>;
  };
}

/** The way to the next page of a list, while there is one. */
export function Rest({ query }: RestProps) {
  if (!query.hasNextPage) return null;
  return (
    <div className={classes['rest']}>
      <Button
        variant="default"
        loading={query.isFetchingNextPage}
        onClick={() => void query.fetchNextPage()}
      >
        Load more
      </Button>
    </div>
  );
}
