import { Button } from '@mantine/core';
import {
  IconCircleCheck,
  IconClockExclamation,
  IconFileUnknown,
  IconHandStop,
  IconLock,
  IconMailExclamation,
  IconPlugConnectedX,
} from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import type { Schemas } from '../api/client.js';
import { attentionQuery, deadLettersQuery } from '../api/queries.js';
import { adviceFor, type ActionKind } from '../transaction/advice.js';
import { failureWords, parkedWords, waitingWords } from '../transactions/words.js';
import { Badge } from '../ui/badge.js';
import { useNow } from '../ui/now.js';
import { Panel } from '../ui/page.js';
import { Rest } from '../ui/rest.js';
import { Failed, Loading } from '../ui/states.js';
import { duration } from '../ui/time-format.js';
import { Time } from '../ui/time.js';
import type { Look } from '../ui/tones.js';
import classes from './overview.module.css';

type Item = Schemas['AttentionItem'];
type Participant = Schemas['Participant'];
type InDoubt = Schemas['InDoubtItem'];

/** Fetched when somebody acts: the page itself should be there at once. */
const ActionDialog = lazy(() =>
  import('../transaction/action-dialog.js').then(({ ActionDialog: dialog }) => ({
    default: dialog,
  })),
);

const LOOKS: Readonly<Record<Item['attention'], Look>> = {
  parked: { tone: 'bad', icon: IconHandStop },
  'in-doubt': { tone: 'bad', icon: IconLock },
  overdue: { tone: 'warn', icon: IconClockExclamation },
  'definition-missing': { tone: 'bad', icon: IconFileUnknown },
};

/** Everything that waits for a human, with what is recommended. */
export function NeedsAttention() {
  const attention = useInfiniteQuery(attentionQuery());
  const letters = useInfiniteQuery(deadLettersQuery());
  const open = allOf(letters.data).filter(isOpen).length;
  return (
    <Panel title="Needs attention" flush>
      {attention.isPending && <Loading lines={3} />}
      {attention.isError && !attention.data && (
        <Failed error={attention.error} retry={() => void attention.refetch()} />
      )}
      {attention.data && (
        <Troubles
          items={allOf(attention.data)}
          participants={attention.data.pages[0]?.participants ?? []}
          inDoubt={attention.data.pages[0]?.inDoubt ?? []}
          letters={open}
        />
      )}
      <Rest query={attention} />
    </Panel>
  );
}

interface TroublesProps {
  readonly items: readonly Item[];
  readonly participants: readonly Participant[];
  readonly inDoubt: readonly InDoubt[];
  /** How many dead letters are open. */
  readonly letters: number;
}

function Troubles({ items, participants, inDoubt, letters }: TroublesProps) {
  const count = items.length + participants.length + inDoubt.length + letters;
  if (count === 0) return <Calm />;
  return (
    <ul className={classes['attention']} aria-label="Needs attention">
      {participants.map((participant) => (
        <ParticipantRow key={participant.name} participant={participant} />
      ))}
      {inDoubt.map((item) => (
        <InDoubtRow key={`${item.participant}/${item.gid}`} item={item} />
      ))}
      {letters > 0 && <LettersRow count={letters} />}
      {items.map((item) => (
        <TransactionRow key={item.id} item={item} />
      ))}
    </ul>
  );
}

function allOf<Item>(
  data: { readonly pages: readonly { readonly items: readonly Item[] }[] } | undefined,
): Item[] {
  return data?.pages.flatMap((page) => page.items) ?? [];
}

function isOpen({ state }: Schemas['DeadLetterItem']): boolean {
  return state === 'open';
}

function Calm() {
  return (
    <div className={`${classes['item'] ?? ''} ${classes['calm'] ?? ''}`}>
      <IconCircleCheck size={20} aria-hidden />
      <span>
        Nothing needs you: no transaction is parked or overdue, every participant answers.
      </span>
    </div>
  );
}

function TransactionRow({ item }: { item: Item }) {
  const [kind, setKind] = useState<ActionKind | null>(null);
  const { id, attention, parked, version, protocol, decision } = item;
  const { words, action } = adviceFor(item);
  return (
    <li className={classes['item']} data-transaction={id}>
      <Badge look={LOOKS[attention]}>{attention}</Badge>
      <div className={classes['what']}>
        <div className={classes['title']}>{titleOf(item)}</div>
        {parked?.detail && <div>{parked.detail}</div>}
        <div className={classes['advice']}>{words}</div>
        <TransactionMeta item={item} />
      </div>
      {action && (
        <Button variant="default" onClick={() => setKind(action)}>
          {BUTTONS[action]}
        </Button>
      )}
      {kind && (
        <Suspense>
          <ActionDialog
            kind={kind}
            transaction={{ id, version, protocol, parked, decision }}
            close={() => setKind(null)}
          />
        </Suspense>
      )}
    </li>
  );
}

const BUTTONS: Readonly<Record<ActionKind, string>> = {
  retry: 'Retry …',
  cancel: 'Cancel …',
  skip: 'Skip …',
  resolve: 'Resolve …',
};

const TITLES: Readonly<Record<Item['attention'], string>> = {
  parked: 'is parked',
  'in-doubt': 'cannot deliver its decision',
  overdue: 'is past its deadline',
  'definition-missing': 'is without its definition',
};

function titleOf({ definition, parked, attention }: Item): string {
  if (parked) return `${definition}: ${parkedWords(parked.reason)}`;
  return `${definition} ${TITLES[attention]}`;
}

function TransactionMeta({ item }: { item: Item }) {
  const now = useNow();
  const { id, parked, failure, waitingFor, createdAt } = item;
  const [waiting] = waitingFor;
  return (
    <div className={classes['meta']}>
      <Link to="/transactions/$id" params={{ id }} className={classes['id']}>
        {id}
      </Link>
      {waiting && <span>{waitingWords(waiting, now)}</span>}
      {failure && <span>{failureWords(failure)}</span>}
      <span>
        {parked ? 'parked ' : 'started '}
        <Time at={parked?.at ?? createdAt} />
      </span>
    </div>
  );
}

function ParticipantRow({ participant }: { participant: Participant }) {
  const { name, circuit, held, inFlight, nextProbeAt, lastReplyAt } = participant;
  return (
    <li className={classes['item']}>
      <Badge look={{ tone: 'bad', icon: IconPlugConnectedX }}>
        {circuit === 'open' ? 'down' : 'being probed'}
      </Badge>
      <div className={classes['what']}>
        <div className={classes['title']}>
          <Link to="/participants">{name}</Link> does not answer
        </div>
        <div className={classes['advice']}>
          Bring it back: what waits for it goes on by itself, no attempt is lost meanwhile.
        </div>
        <div className={classes['meta']}>
          <span>{held + inFlight} commands wait</span>
          {nextProbeAt && (
            <span>
              next probe <Time at={nextProbeAt} />
            </span>
          )}
          {lastReplyAt && (
            <span>
              last reply <Time at={lastReplyAt} />
            </span>
          )}
        </div>
      </div>
    </li>
  );
}

function InDoubtRow({ item }: { item: InDoubt }) {
  const { participant, transaction, definition, step, decision, locks, ageMs } = item;
  const held = locks.reduce((sum, { count }) => sum + count, 0);
  return (
    <li className={classes['item']}>
      <Badge look={{ tone: item.urgency === 'page' ? 'bad' : 'warn', icon: IconLock }}>
        in doubt
      </Badge>
      <div className={classes['what']}>
        <div className={classes['title']}>
          <Link to="/in-doubt">{participant}</Link> holds {step} of {definition ?? 'nobody we know'}
        </div>
        <div className={classes['advice']}>
          {item.reachable
            ? 'It is told the decision again and again: see why it does not take it.'
            : 'Bring the participant back: it asks for the decision by itself.'}
        </div>
        <div className={classes['meta']}>
          <Link to="/transactions/$id" params={{ id: transaction }} className={classes['id']}>
            {transaction}
          </Link>
          <span>decision: {decision}</span>
          <span>{held} locks</span>
          <span>prepared for {duration(ageMs)}</span>
        </div>
      </div>
    </li>
  );
}

function LettersRow({ count }: { count: number }) {
  return (
    <li className={classes['item']}>
      <Badge look={{ tone: 'warn', icon: IconMailExclamation }}>dead letters</Badge>
      <div className={classes['what']}>
        <div className={classes['title']}>
          <Link to="/dead-letters">
            {count} {count === 1 ? 'message' : 'messages'}
          </Link>{' '}
          could not be understood
        </div>
        <div className={classes['advice']}>
          Look at them: replay what a corrected sender or coordinator understands, discard the rest.
        </div>
      </div>
    </li>
  );
}
