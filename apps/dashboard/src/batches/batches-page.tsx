import { Button, Progress } from '@mantine/core';
import { IconCheck, IconPlayerStop, IconProgress, IconStack2 } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { api, bodyOf, type Schemas } from '../api/client.js';
import { batchesQuery, batchQuery } from '../api/queries.js';
import { Badge } from '../ui/badge.js';
import { Page, Panel } from '../ui/page.js';
import { PagedList } from '../ui/paged-list.js';
import { Empty, Failed, Loading } from '../ui/states.js';
import table from '../ui/table.module.css';
import { Table } from '../ui/table.js';
import { Time } from '../ui/time.js';
import type { Look } from '../ui/tones.js';

type Batch = Schemas['Batch'];

const LOOKS: Readonly<Record<Batch['status'], Look>> = {
  running: { tone: 'info', icon: IconProgress },
  done: { tone: 'ok', icon: IconCheck },
  cancelled: { tone: 'idle', icon: IconPlayerStop },
};

const route = getRouteApi('/batches');

/** Orders for many transactions, and how far each got. */
export function BatchesPage() {
  const { id } = route.useSearch();
  const batches = useInfiniteQuery(batchesQuery());
  return (
    <Page title="Batches">
      {id && <Chosen id={id} />}
      <Panel flush>
        <PagedList
          query={batches}
          empty={
            <Empty icon={IconStack2} title="No batch yet">
              Select transactions in their list, then retry or cancel them together.
            </Empty>
          }
        >
          {(items) => <Batches items={items} />}
        </PagedList>
      </Panel>
    </Page>
  );
}

function Batches({ items }: { items: readonly Batch[] }) {
  return (
    <Table columns={['Status', 'Order', 'Begun', 'By', 'Reason', 'Done, refused, of']}>
      {items.map((batch) => (
        <tr key={batch.id}>
          <td>
            <Badge look={LOOKS[batch.status]}>{batch.status}</Badge>
          </td>
          <td>
            <Link to="/batches" search={{ id: batch.id }}>
              {batch.action}
            </Link>
          </td>
          <td>
            <Time at={batch.createdAt} />
          </td>
          <td>{batch.by}</td>
          <td className={table['text']}>{batch.reason}</td>
          <td>
            {batch.done}, {batch.refused}, {batch.total}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Chosen({ id }: { id: string }) {
  const { data, error } = useQuery(batchQuery(id));
  if (error && !data) return <Failed error={error} />;
  if (!data) return <Loading lines={2} />;
  const { action, status, done, refused, total, refusals } = data;
  const share = total === 0 ? 100 : ((done + refused) / total) * 100;
  return (
    <Panel
      title={`${action}: ${done} done, ${refused} refused, of ${total}`}
      aside={status === 'running' && <Stop id={id} />}
    >
      <Badge look={LOOKS[status]}>{status}</Badge>
      <Progress value={share} my={10} aria-label="Progress of the batch" />
      {refusals.map((one) => (
        <div key={one.id}>
          <Link to="/transactions/$id" params={{ id: one.id }}>
            {one.id}
          </Link>
          : {one.refusal}
        </div>
      ))}
    </Panel>
  );
}

function Stop({ id }: { id: string }) {
  const client = useQueryClient();
  const stop = useMutation({
    mutationFn: () => {
      const body = { reason: 'stopped on the dashboard' };
      return bodyOf(api.POST('/v1/batches/{id}/cancel', { params: { path: { id } }, body }));
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['batch', id] }),
  });
  return (
    <Button variant="default" loading={stop.isPending} onClick={() => stop.mutate()}>
      Stop the rest
    </Button>
  );
}
