import { Button } from '@mantine/core';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { countsQuery, listQuery } from '../api/queries.js';
import { refresh, useLive } from '../live/live.js';
import { useNow } from '../ui/now.js';
import { Page, Panel } from '../ui/page.js';
import { Empty, Failed, Loading } from '../ui/states.js';
import { ColumnsMenu } from './columns-menu.js';
import { columnsOf } from './columns.js';
import { Filters } from './filters.js';
import { filterOf, isFiltered, type ListSearch } from './list-search.js';
import { List } from './list.js';
import { SelectionBar } from './selection-bar.js';
import { StatusCounts } from './status-counts.js';

const route = getRouteApi('/transactions');
const MINUTE_MS = 60_000;

/** The transactions there are, by filters that the URL carries. */
export function ListPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const minute = Math.floor(useNow() / MINUTE_MS) * MINUTE_MS;
  const filter = useMemo(() => filterOf(search, minute), [search, minute]);
  const list = useInfiniteQuery(listQuery(filter));
  const counts = useQuery(countsQuery(filter));
  useLive(definitionOnly(search), () => refresh(client, 'list', 'counts'));

  const change = (next: Partial<ListSearch>) =>
    void navigate({ search: (before) => ({ ...before, ...next }) });
  const items = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string) => setSelected((before) => toggled(before, id));
  const clear = () => void navigate({ search: ({ columns }) => ({ columns }) });

  return (
    <Page
      title="Transactions"
      actions={<ColumnsMenu chosen={search.columns} choose={(columns) => change({ columns })} />}
    >
      <StatusCounts counts={counts.data} chosen={search.status ?? []} change={change} />
      <Panel flush>
        <Filters search={search} change={change} clear={clear} />
        {selected.size > 0 && (
          <SelectionBar {...{ selected, filter }} unselect={() => setSelected(new Set())} />
        )}
        {list.isPending && <Loading />}
        {list.isError && !list.data && (
          <Failed error={list.error} retry={() => void list.refetch()} />
        )}
        {list.data && items.length === 0 && <NoneFound search={search} clear={clear} />}
        {items.length > 0 && (
          <List
            items={items}
            columns={columnsOf(search.columns)}
            hasMore={list.hasNextPage}
            selected={selected}
            toggle={toggle}
            loadMore={() => {
              if (!list.isFetchingNextPage) void list.fetchNextPage();
            }}
          />
        )}
      </Panel>
    </Page>
  );
}

function toggled(before: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const after = new Set(before);
  if (!after.delete(id)) after.add(id);
  return after;
}

/** A change may bring a transaction into a filter or out of it: only the definition can tell before. */
function definitionOnly({ definition }: ListSearch) {
  return definition === undefined || definition === '' ? {} : { definition: [definition] };
}

function NoneFound({ search, clear }: { search: ListSearch; clear: () => void }) {
  if (!isFiltered(search)) {
    return (
      <Empty title="No transaction yet">
        Start one under Start, or by POST /v1/transactions; it appears here as it runs.
      </Empty>
    );
  }
  return (
    <Empty title="No transaction matches these filters">
      <p>Widen the time range, or take a filter away.</p>
      <Button variant="default" onClick={clear}>
        Clear all filters
      </Button>
    </Empty>
  );
}
