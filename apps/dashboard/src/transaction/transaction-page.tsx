import { Tabs } from '@mantine/core';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense, useMemo } from 'react';
import { historyQuery, transactionQuery } from '../api/queries.js';
import { AuditPanel } from '../audit/audit-panel.js';
import { graphOfTransaction } from '../graph/model.js';
import { refresh, useLive } from '../live/live.js';
import { StatusBadge } from '../ui/badge.js';
import { Json } from '../ui/json.js';
import { Page, Panel } from '../ui/page.js';
import { Failed, Loading } from '../ui/states.js';
import { Actions } from './actions.js';
import { Branches } from './branches.js';
import { Head } from './head.js';
import classes from './head.module.css';
import { History } from './history.js';
import { Steps } from './steps.js';
import { TimelinePanel } from './timeline.js';
import type { TransactionSearch } from './transaction-search.js';
import type { HistoryItem, Transaction } from './transaction.js';

const route = getRouteApi('/transactions/$id');
const GraphView = lazy(() =>
  import('../graph/graph-view.js').then(({ GraphView: component }) => ({ default: component })),
);

/** One transaction, live. */
export function TransactionPage() {
  const { id } = route.useParams();
  const client = useQueryClient();
  const transaction = useQuery(transactionQuery(id));
  useLive({ id: [id] }, () => refresh(client, 'one', 'history'));
  const { data, error } = transaction;
  const heading = data && (
    <span className={classes['title']}>
      {data.definition}
      <StatusBadge status={data.status} />
    </span>
  );
  return (
    <Page
      title={data ? `${data.definition} ${id.slice(0, 8)}` : 'Transaction'}
      heading={heading}
      actions={data && <Actions transaction={data} />}
    >
      {data && (
        <>
          <Head transaction={data} />
          <Parts transaction={data} />
        </>
      )}
      {!data && error && <Failed error={error} retry={() => void transaction.refetch()} />}
      {!data && !error && <Loading />}
    </Page>
  );
}

type Tab = NonNullable<TransactionSearch['tab']>;

function Parts({ transaction }: { transaction: Transaction }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const history = useInfiniteQuery(historyQuery(transaction.id));
  const items = useMemo(
    () => history.data?.pages.flatMap((page) => page.items) ?? [],
    [history.data],
  );
  const change = (next: TransactionSearch) =>
    void navigate({ search: (before) => ({ ...before, ...next }), replace: true });
  return (
    <Tabs value={search.tab ?? 'steps'} onChange={(tab) => change({ tab: tab as Tab })}>
      <Tabs.List mb={14}>
        <Tabs.Tab value="steps">{transaction.branches ? 'Branches' : 'Steps'}</Tabs.Tab>
        <Tabs.Tab value="payloads">Input and output</Tabs.Tab>
        <Tabs.Tab value="history">History</Tabs.Tab>
        <Tabs.Tab value="audit">Audit</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="steps">
        <StepsTab {...{ transaction, items, search, change }} />
      </Tabs.Panel>
      <Tabs.Panel value="payloads" className={classes['stack']}>
        <Panel title="Input">
          <Json value={transaction.input} what="input" />
        </Panel>
        <Panel title="Output">
          <Json value={transaction.output} what="output" />
        </Panel>
      </Tabs.Panel>
      <Tabs.Panel value="history">
        <History items={items} filter={search} setFilter={change} query={history} />
      </Tabs.Panel>
      <Tabs.Panel value="audit">
        <AuditPanel object={transaction.id} />
      </Tabs.Panel>
    </Tabs>
  );
}

interface StepsTabProps {
  readonly transaction: Transaction;
  readonly items: readonly HistoryItem[];
  readonly search: TransactionSearch;
  readonly change: (next: TransactionSearch) => void;
}

function StepsTab({ transaction, items, search, change }: StepsTabProps) {
  const graph = useMemo(() => graphOfTransaction(transaction), [transaction]);
  const Details = transaction.branches ? Branches : Steps;
  const troubled = transaction.waitingFor[0]?.step ?? transaction.failure?.step ?? undefined;
  return (
    <div className={classes['stack']}>
      <Panel title="Path" flush>
        <Suspense fallback={<Loading lines={5} />}>
          <GraphView
            graph={graph}
            label={`Steps of ${transaction.definition}; listed below`}
            choose={(step) => change({ step })}
          />
        </Suspense>
      </Panel>
      <TimelinePanel transaction={transaction} history={items} />
      <Details
        transaction={transaction}
        open={search.step ?? (transaction.status === 'parked' ? troubled : undefined)}
        setOpen={(step) => change({ step: step ?? '' })}
      />
    </div>
  );
}
