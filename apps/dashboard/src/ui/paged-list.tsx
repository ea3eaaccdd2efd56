import type { ReactNode } from 'react';
import { Rest, type RestProps } from './rest.js';
import { Failed, Loading } from './states.js';

export interface PagedListProps<T> {
  readonly query: RestProps['query'] & {
    readonly data: { readonly pages: readonly { readonly items: readonly T[] }[] } | undefined;
    readonly isPending: boolean;
    readonly isError: boolean;
    readonly error: unknown;
    readonly refetch: () => Promise<unknown>;
  };
  /** What stands there when there is nothing. */
  readonly empty: ReactNode;
  readonly children: (items: readonly T[]) => ReactNode;
}

/** A list that comes page by page: while it loads, when it failed, when it is empty, and its rest. */
export function PagedList<T>({ query, empty, children }: PagedListProps<T>) {
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      {query.isPending && <Loading />}
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.data && items.length === 0 && empty}
      {items.length > 0 && children(items)}
      <Rest query={query} />
    </>
  );
}
