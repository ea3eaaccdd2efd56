import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Schemas } from '../api/client.js';
import { auditQuery } from '../api/queries.js';
import { Tag } from '../ui/badge.js';
import { Panel } from '../ui/page.js';
import { PagedList } from '../ui/paged-list.js';
import { Empty } from '../ui/states.js';
import table from '../ui/table.module.css';
import { Table } from '../ui/table.js';
import { Time } from '../ui/time.js';

const UUID = /^[0-9a-f]{8}-/;

/** Who did what, and what was refused; all of it, or what concerns one object. */
export function AuditPanel({ object }: { object?: string | undefined }) {
  const audit = useInfiniteQuery(auditQuery(object));
  return (
    <Panel flush>
      <PagedList
        query={audit}
        empty={
          <Empty title="Nobody did anything yet">
            Each command of an operator leaves a row here, refused ones too.
          </Empty>
        }
      >
        {(items) => <Rows items={items} isWhole={object === undefined} />}
      </PagedList>
    </Panel>
  );
}

type Item = Schemas['AuditItem'];

function Rows({ items, isWhole }: { items: readonly Item[]; isWhole: boolean }) {
  return (
    <Table
      columns={['When', 'Who', 'Did', ...(isWhole ? ['To'] : []), 'Reason', 'Version', 'Result']}
    >
      {items.map((item) => (
        <Row key={item.id} item={item} withObject={isWhole} />
      ))}
    </Table>
  );
}

function Row({ item, withObject }: { item: Item; withObject: boolean }) {
  const { at, actor, action, object, reason, expectedVersion, newVersion, result } = item;
  return (
    <tr>
      <td>
        <Time at={at} />
      </td>
      <td>{actor}</td>
      <td>{action}</td>
      {withObject && (
        <td className={table['code']}>
          {UUID.test(object) ? (
            <Link to="/transactions/$id" params={{ id: object }}>
              {object}
            </Link>
          ) : (
            object
          )}
        </td>
      )}
      <td className={table['text']}>{reason}</td>
      <td>{[expectedVersion, newVersion].filter((one) => one !== null).join(' → ')}</td>
      <td>{result === 'done' ? <Tag tone="ok">done</Tag> : <Tag tone="warn">{result}</Tag>}</td>
    </tr>
  );
}
