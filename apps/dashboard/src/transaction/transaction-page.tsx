import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { transactionQuery } from '../api/queries.js';
import { refresh, useLive } from '../live/live.js';
import { Page } from '../ui/page.js';
import { Failed, Loading } from '../ui/states.js';
import { Head } from './head.js';
import { Steps } from './steps.js';

const route = getRouteApi('/transactions/$id');

/** One transaction, live. */
export function TransactionPage() {
  const { id } = route.useParams();
  const client = useQueryClient();
  const transaction = useQuery(transactionQuery(id));
  useLive({ id: [id] }, () => refresh(client, 'one', 'history'));
  const { data, error } = transaction;
  return (
    <Page
      title={data ? `${data.definition} ${id.slice(0, 8)}` : 'Transaction'}
      heading={data?.definition}
    >
      {data && (
        <>
          <Head transaction={data} />
          <Steps transaction={data} />
        </>
      )}
      {!data && error && <Failed error={error} retry={() => void transaction.refetch()} />}
      {!data && !error && <Loading />}
    </Page>
  );
}
