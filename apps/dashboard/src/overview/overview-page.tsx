import { SegmentedControl, Select } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconHourglass } from '@tabler/icons-react';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { Schemas } from '../api/client.js';
import { statsQuery } from '../api/queries.js';
import { refresh, useLive } from '../live/live.js';
import { StatusCounts } from '../transactions/status-counts.js';
import { summaryOf } from '../transactions/words.js';
import { StatusBadge } from '../ui/badge.js';
import { useNow } from '../ui/now.js';
import { Time } from '../ui/time.js';
import { Page, Panel } from '../ui/page.js';
import { Empty, Failed, Loading } from '../ui/states.js';
import { duration } from '../ui/time-format.js';
import { NeedsAttention } from './needs-attention.js';
import { CHART_RANGES, type ChartRange } from './overview-search.js';
import classes from './overview.module.css';
import { definitionsIn, pointsOf } from './series.js';

const route = getRouteApi('/');
const Charts = {
  Throughput: lazy(() =>
    import('./charts.js').then(({ ThroughputChart: component }) => ({ default: component })),
  ),
  Success: lazy(() =>
    import('./charts.js').then(({ SuccessChart: component }) => ({ default: component })),
  ),
  Latency: lazy(() =>
    import('./charts.js').then(({ LatencyChart: component }) => ({ default: component })),
  ),
};

/** What needs a human, before everything else; then how it goes. */
export function OverviewPage() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { range = '1h' } = route.useSearch();
  const stats = useQuery(statsQuery(CHART_RANGES[range]));
  useLive({ status: ['parked'] }, () => refresh(client, 'attention'));
  return (
    <Page title="Overview">
      <NeedsAttention />
      <StatusCounts
        counts={stats.data}
        chosen={[]}
        change={({ status }) => void navigate({ to: '/transactions', search: { status } })}
      />
      {stats.data?.oldest && <Oldest item={stats.data.oldest} />}
      <Trends />
    </Page>
  );
}

/** The one that has been half done for longest. */
function Oldest({ item }: { item: Schemas['TransactionItem'] }) {
  const now = useNow();
  return (
    <div className={classes['oldest']}>
      <IconHourglass size={16} aria-hidden />
      <span>
        Oldest half-done:{' '}
        <Link to="/transactions/$id" params={{ id: item.id }} className={classes['id']}>
          {item.id}
        </Link>
        , {item.definition}, started <Time at={item.createdAt} />
      </span>
      <StatusBadge status={item.status} />
      <span>{summaryOf(item, now)}</span>
    </div>
  );
}

function Trends() {
  const { range = '1h', definition } = route.useSearch();
  const stats = useQuery(statsQuery(CHART_RANGES[range]));
  const names = stats.data ? definitionsIn(stats.data) : [];
  return (
    <>
      <TrendsHead range={range} definition={definition} names={names} />
      {stats.isPending && <Loading />}
      {stats.error && !stats.data && (
        <Failed error={stats.error} retry={() => void stats.refetch()} />
      )}
      {stats.data && names.length === 0 && (
        <Panel>
          <Empty title="Nothing ran in this time">Choose a longer range, or start something.</Empty>
        </Panel>
      )}
      {stats.data && names.length > 0 && (
        <ChartPanels stats={stats.data} definition={definition} busiest={names[0] ?? ''} />
      )}
    </>
  );
}

interface ChartPanelsProps {
  readonly stats: Schemas['Stats'];
  readonly definition: string | undefined;
  readonly busiest: string;
}

function ChartPanels({ stats, definition, busiest }: ChartPanelsProps) {
  const measured = definition ?? busiest;
  const points = pointsOf(stats, definition);
  return (
    <Suspense fallback={<Loading />}>
      <div className={classes['charts']}>
        <Panel title={`Ended per ${duration(stats.bucketMs)}`}>
          <Charts.Throughput points={points} />
        </Panel>
        <Panel title="Success">
          <Charts.Success points={points} />
        </Panel>
        <Panel title={`Duration of ${measured}`}>
          <Charts.Latency points={pointsOf(stats, measured)} />
        </Panel>
      </div>
    </Suspense>
  );
}

interface TrendsHeadProps {
  readonly range: ChartRange;
  readonly definition: string | undefined;
  readonly names: readonly string[];
}

function TrendsHead({ range, definition, names }: TrendsHeadProps) {
  const navigate = route.useNavigate();
  const ranges = Object.entries(CHART_RANGES).map(([value, { label }]) => ({ value, label }));
  return (
    <div className={classes['head']}>
      <h2>Trends</h2>
      <Select
        aria-label="Definition of the charts"
        placeholder="All definitions"
        clearable
        data={[...new Set([...names, ...(definition ? [definition] : [])])]}
        value={definition ?? null}
        onChange={(chosen) =>
          void navigate({ search: (before) => ({ ...before, definition: chosen ?? undefined }) })
        }
      />
      <SegmentedControl
        aria-label="Range of the charts"
        data={ranges}
        value={range}
        onChange={(chosen) =>
          void navigate({ search: (before) => ({ ...before, range: chosen as ChartRange }) })
        }
      />
    </div>
  );
}
