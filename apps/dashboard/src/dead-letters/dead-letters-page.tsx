import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { IconCheck, IconMailExclamation, IconTrash } from '@tabler/icons-react';
import type { Schemas } from '../api/client.js';
import { deadLettersQuery } from '../api/queries.js';
import { Badge } from '../ui/badge.js';
import { Page, Panel } from '../ui/page.js';
import { PagedList } from '../ui/paged-list.js';
import { Empty } from '../ui/states.js';
import table from '../ui/table.module.css';
import { Table } from '../ui/table.js';
import { Time } from '../ui/time.js';
import type { Look } from '../ui/tones.js';
import { LetterDrawer } from './letter-drawer.js';

type Letter = Schemas['DeadLetterItem'];

const LOOKS: Readonly<Record<Letter['state'], Look>> = {
  open: { tone: 'bad', icon: IconMailExclamation },
  replayed: { tone: 'ok', icon: IconCheck },
  discarded: { tone: 'idle', icon: IconTrash },
};

const route = getRouteApi('/dead-letters');

/** Messages that nobody could understand, and what to do with them. */
export function DeadLettersPage() {
  const { id } = route.useSearch();
  const navigate = route.useNavigate();
  const letters = useInfiniteQuery(deadLettersQuery());
  const choose = (chosen: string | undefined) => void navigate({ search: { id: chosen } });
  return (
    <Page title="Dead letters">
      <Panel flush>
        <PagedList
          query={letters}
          empty={
            <Empty icon={IconMailExclamation} title="No dead letter">
              Every message that arrived could be understood.
            </Empty>
          }
        >
          {(items) => <Letters items={items} choose={choose} />}
        </PagedList>
      </Panel>
      {id && <LetterDrawer id={id} close={() => choose(undefined)} />}
    </Page>
  );
}

type Choose = (id: string) => void;

function Letters({ items, choose }: { items: readonly Letter[]; choose: Choose }) {
  return (
    <Table columns={['State', 'Arrived', 'Source', 'Reason', { number: 'Bytes' }]}>
      {items.map((letter) => (
        <Row key={letter.id} letter={letter} choose={choose} />
      ))}
    </Table>
  );
}

function Row({ letter, choose }: { letter: Letter; choose: Choose }) {
  const { id, at, source, reason, state, sizeBytes } = letter;
  return (
    <tr>
      <td>
        <Badge look={LOOKS[state]}>{state}</Badge>
      </td>
      <td>
        <Time at={at} />
      </td>
      <td className={table['code']}>
        <button type="button" className={table['button']} onClick={() => choose(id)}>
          {source}
        </button>
      </td>
      <td className={table['text']}>{reason}</td>
      <td className={table['number']}>{sizeBytes.toLocaleString('en')}</td>
    </tr>
  );
}
