import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { definitionsQuery } from '../api/queries.js';
import { Tag } from '../ui/badge.js';
import { Page, Panel } from '../ui/page.js';
import { Empty, Failed, Loading } from '../ui/states.js';
import table from '../ui/table.module.css';
import { Table } from '../ui/table.js';

/** What can run, in which versions, and how much of each is under way. */
export function DefinitionsPage() {
  const definitions = useQuery(definitionsQuery());
  const { data, error, isPending } = definitions;
  return (
    <Page title="Definitions">
      <Panel flush>
        {isPending && <Loading />}
        {error && !data && <Failed error={error} retry={() => void definitions.refetch()} />}
        {data?.items.length === 0 && (
          <Empty title="No definition">A coordinator registers them when it starts.</Empty>
        )}
        {data && data.items.length > 0 && (
          <Table
            columns={[
              'Definition',
              'Version',
              'Protocol',
              'Hash',
              { number: 'Under way or parked' },
              'Here',
            ]}
          >
            {data.items.map(({ name, version, protocol, hash, open, isRegistered }) => (
              <tr key={`${name}/${version}/${hash}`}>
                <td>
                  <Link to="/definitions/$name" params={{ name }} search={{ version }}>
                    {name}
                  </Link>
                </td>
                <td>{version}</td>
                <td>{protocol}</td>
                <td className={table['code']} title={hash}>
                  {hash.slice(0, 12)}
                </td>
                <td className={table['number']}>
                  <Link to="/transactions" search={{ definition: name }}>
                    {open.toLocaleString('en')}
                  </Link>
                </td>
                <td>
                  {isRegistered ? <Tag tone="ok">registered</Tag> : <Tag tone="bad">missing</Tag>}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Panel>
    </Page>
  );
}
