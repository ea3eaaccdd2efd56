import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { attentionQuery } from '../api/queries.js';
import { refresh, useLive } from '../live/live.js';
import { summaryOf } from '../transactions/words.js';
import { useNow } from '../ui/now.js';
import { Page, Panel } from '../ui/page.js';
import { Empty, Failed, Loading } from '../ui/states.js';

/** What needs a human, before everything else. */
export function OverviewPage() {
  const client = useQueryClient();
  const now = useNow();
  const attention = useInfiniteQuery(attentionQuery());
  useLive({ status: ['parked'] }, () => refresh(client, 'attention'));
  const items = attention.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page title="Overview">
      <Panel title="Needs attention">
        {attention.isPending && <Loading lines={3} />}
        {attention.isError && <Failed error={attention.error} />}
        {attention.data && items.length === 0 && <Empty title="Nothing needs you" />}
        {items.map((item) => (
          <div key={item.id}>
            <Link to="/transactions/$id" params={{ id: item.id }}>
              {item.id}
            </Link>{' '}
            {summaryOf(item, now)}
          </div>
        ))}
      </Panel>
    </Page>
  );
}
