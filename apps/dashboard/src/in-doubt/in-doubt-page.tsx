import { Button } from '@mantine/core';
import { IconAlertTriangle, IconClock, IconLock, IconPlugConnectedX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Schemas } from '../api/client.js';
import { inDoubtQuery } from '../api/queries.js';
import { Badge, Tag } from '../ui/badge.js';
import { Page, Panel } from '../ui/page.js';
import { Empty, Failed, Loading } from '../ui/states.js';
import table from '../ui/table.module.css';
import { Table } from '../ui/table.js';
import { duration } from '../ui/time-format.js';
import { Time } from '../ui/time.js';
import type { Look } from '../ui/tones.js';
import { ResolveDialog } from './resolve-dialog.js';

type Item = Schemas['InDoubtItem'];
type Prepared = Schemas['PreparedParticipant'];

const URGENCIES: Readonly<Record<Item['urgency'], Look>> = {
  fresh: { tone: 'idle', icon: IconClock },
  alarm: { tone: 'warn', icon: IconAlertTriangle },
  page: { tone: 'bad', icon: IconAlertTriangle },
};

const FOLLOWS: Readonly<Record<Item['follows'], string>> = {
  commit: 'commits once it is told',
  abort: 'aborts once it is told',
  waits: 'waits for the decision',
  nothing: 'nothing: nobody knows it',
};

/** What participants hold prepared, with the locks, and the way to finish it by hand. */
export function InDoubtPage() {
  const inDoubt = useQuery(inDoubtQuery());
  const { data, error, isPending } = inDoubt;
  return (
    <Page title="In doubt">
      {isPending && <Loading />}
      {error && !data && <Failed error={error} retry={() => void inDoubt.refetch()} />}
      {data && (
        <>
          <Panel title="Prepared transactions" flush>
            <Items items={data.items} />
          </Panel>
          <Panel title="Participants that prepare" flush>
            <Participants participants={data.participants} />
          </Panel>
        </>
      )}
    </Page>
  );
}

function Items({ items }: { items: readonly Item[] }) {
  const [chosen, choose] = useState<Item | null>(null);
  if (items.length === 0) {
    return (
      <Empty icon={IconLock} title="Nothing is in doubt">
        No participant holds a prepared transaction.
      </Empty>
    );
  }
  return (
    <>
      <Table
        columns={[
          'Prepared for',
          'Participant',
          'Transaction',
          'Decision',
          'What follows',
          'Locks',
          'By hand',
        ]}
      >
        {items.map((item) => (
          <Row key={`${item.participant}/${item.gid}`} item={item} resolve={() => choose(item)} />
        ))}
      </Table>
      {chosen && <ResolveDialog item={chosen} close={() => choose(null)} />}
    </>
  );
}

function Row({ item, resolve }: { item: Item; resolve: () => void }) {
  const { participant, transaction, definition, step, decision, follows, locks } = item;
  return (
    <tr>
      <td>
        <Badge look={URGENCIES[item.urgency]}>{duration(item.ageMs)}</Badge>
      </td>
      <td>
        {participant} {!item.reachable && <Tag tone="bad">out of reach</Tag>}
      </td>
      <td className={table['code']} title={item.gid}>
        <Link to="/transactions/$id" params={{ id: transaction }}>
          {transaction}
        </Link>
        <div>
          {definition ?? 'unknown'}: {step}
        </div>
      </td>
      <td>
        <Tag tone={decision === 'unknown' ? 'bad' : 'info'}>{decision}</Tag>
      </td>
      <td>{FOLLOWS[follows]}</td>
      <td>
        {locks.length === 0
          ? 'not known'
          : locks.map(({ relation, mode, count }) => (
              <div key={`${relation}/${mode}`}>
                {relation}: {count} × {mode}
              </div>
            ))}
      </td>
      <td>
        <Button variant="default" onClick={resolve}>
          Resolve …
        </Button>
      </td>
    </tr>
  );
}

function Participants({ participants }: { participants: readonly Prepared[] }) {
  if (participants.length === 0) {
    return (
      <Empty title="No participant prepares">Sagas alone need no prepared transactions.</Empty>
    );
  }
  return (
    <Table
      columns={['Participant', 'Reach', { number: 'Prepared' }, { number: 'Limit' }, 'Told last']}
    >
      {participants.map(({ name, reachable, trouble, used, maxPrepared, isFilling, seenAt }) => (
        <tr key={name}>
          <td>{name}</td>
          <td>
            {reachable ? (
              <Tag tone="ok">reachable</Tag>
            ) : (
              <Badge look={{ tone: 'bad', icon: IconPlugConnectedX }}>
                {trouble ?? 'out of reach'}
              </Badge>
            )}
          </td>
          <td className={table['number']}>
            {used ?? '–'} {isFilling && <Tag tone="bad">more than half</Tag>}
          </td>
          <td className={table['number']}>{maxPrepared ?? '–'}</td>
          <td>{seenAt ? <Time at={seenAt} /> : 'never'}</td>
        </tr>
      ))}
    </Table>
  );
}
