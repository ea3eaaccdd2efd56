import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { IconCircleCheck, IconPlugConnectedX, IconPlugConnected } from '@tabler/icons-react';
import type { Schemas } from '../api/client.js';
import { participantsQuery } from '../api/queries.js';
import { Badge, Tag } from '../ui/badge.js';
import { Page, Panel } from '../ui/page.js';
import { Empty, Failed, Loading } from '../ui/states.js';
import table from '../ui/table.module.css';
import { Table } from '../ui/table.js';
import { duration } from '../ui/time-format.js';
import { Time } from '../ui/time.js';
import type { Look } from '../ui/tones.js';
import classes from './participants.module.css';

type Participant = Schemas['Participant'];
type Operation = Participant['operations'][number];

const CIRCUITS: Readonly<Record<Participant['circuit'], { look: Look; word: string }>> = {
  closed: { look: { tone: 'ok', icon: IconCircleCheck }, word: 'healthy' },
  'half-open': { look: { tone: 'warn', icon: IconPlugConnected }, word: 'being probed' },
  open: { look: { tone: 'bad', icon: IconPlugConnectedX }, word: 'down' },
};

/** Who does the work, and how well, as this coordinator sees it. */
export function ParticipantsPage() {
  const participants = useQuery(participantsQuery());
  const { data, error, isPending } = participants;
  return (
    <Page title="Participants">
      {isPending && <Loading />}
      {error && !data && <Failed error={error} retry={() => void participants.refetch()} />}
      {data?.items.length === 0 && (
        <Empty title="No participant">SKALD_PARTICIPANTS registers them.</Empty>
      )}
      {data?.items.map((participant) => (
        <ParticipantPanel key={participant.name} participant={participant} />
      ))}
    </Page>
  );
}

function ParticipantPanel({ participant }: { participant: Participant }) {
  const { name, transport, circuit, operations } = participant;
  const { look, word } = CIRCUITS[circuit];
  return (
    <Panel
      flush
      title={
        <span className={classes['name']}>
          {name} <Badge look={look}>{word}</Badge> <Tag>{transport}</Tag>
        </span>
      }
      aside={<Load participant={participant} />}
    >
      {operations.length === 0 ? (
        <p className={classes['quiet']}>No call within the last minute.</p>
      ) : (
        <Table columns={['Operation', 'Direction', ...NUMBERS]} className={classes['operations']}>
          {operations.toSorted(byName).map((operation) => (
            <OperationRow key={`${operation.operation}/${operation.direction}`} {...operation} />
          ))}
        </Table>
      )}
    </Panel>
  );
}

const NUMBERS = ['Succeeded', 'Rejected', 'Failed', 'Failing', 'p50', 'p95', 'p99'].map(
  (number) => ({ number }),
);

const DIRECTIONS = ['action', 'compensation', 'bar', 'prepare', 'commit', 'abort'];

/** By operation, and for each in the order in which it may be called. */
function byName(a: Operation, b: Operation): number {
  const order = DIRECTIONS.indexOf(a.direction) - DIRECTIONS.indexOf(b.direction);
  return a.operation.localeCompare(b.operation) || order;
}

function Load({ participant }: { participant: Participant }) {
  const { name, inFlight, maxInFlight, held, nextProbeAt, lastReplyAt } = participant;
  return (
    <span className={classes['load']}>
      <span>
        {inFlight} of {maxInFlight} under way
      </span>
      <span>{held} held back</span>
      {nextProbeAt !== null && (
        <span>
          next probe <Time at={nextProbeAt} />
        </span>
      )}
      {lastReplyAt !== null && (
        <span>
          last reply <Time at={lastReplyAt} />
        </span>
      )}
      <Link to="/transactions" search={{ participant: name }} className={classes['link']}>
        Who waits for it
      </Link>
    </span>
  );
}

function OperationRow(operation: Operation) {
  const { operation: name, direction, succeeded, rejected, failed } = operation;
  const all = succeeded + rejected + failed;
  const share = all === 0 ? 0 : (failed / all) * 100;
  return (
    <tr>
      <td className={table['code']}>{name}</td>
      <td>{direction}</td>
      {[succeeded, rejected, failed].map((count, index) => (
        <td key={index} className={table['number']}>
          {count.toLocaleString('en')}
        </td>
      ))}
      <td className={table['number']}>
        {share > 0 ? <Tag tone={share >= 5 ? 'bad' : 'warn'}>{share.toFixed(1)} %</Tag> : '0 %'}
      </td>
      {[operation.p50Ms, operation.p95Ms, operation.p99Ms].map((ms, index) => (
        <td key={index} className={table['number']}>
          {ms === null ? '–' : duration(ms)}
        </td>
      ))}
    </tr>
  );
}
