import { Link } from '@tanstack/react-router';
import {
  IconArrowsExchange,
  IconClipboardText,
  IconLayoutDashboard,
  IconLock,
  IconMailExclamation,
  IconPlayerPlay,
  IconPlugConnected,
  IconRoute,
  IconStack2,
  type TablerIcon,
} from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { attentionQuery } from '../api/queries.js';
import classes from './navigation.module.css';

type Page =
  | '/'
  | '/transactions'
  | '/start'
  | '/participants'
  | '/in-doubt'
  | '/definitions'
  | '/dead-letters'
  | '/batches'
  | '/audit';

interface Entry {
  readonly to: Page;
  readonly label: string;
  readonly icon: TablerIcon;
}

const ENTRIES: readonly Entry[] = [
  { to: '/', label: 'Overview', icon: IconLayoutDashboard },
  { to: '/transactions', label: 'Transactions', icon: IconArrowsExchange },
  { to: '/start', label: 'Start', icon: IconPlayerPlay },
  { to: '/participants', label: 'Participants', icon: IconPlugConnected },
  { to: '/in-doubt', label: 'In doubt', icon: IconLock },
  { to: '/definitions', label: 'Definitions', icon: IconRoute },
  { to: '/dead-letters', label: 'Dead letters', icon: IconMailExclamation },
  { to: '/batches', label: 'Batches', icon: IconStack2 },
  { to: '/audit', label: 'Audit', icon: IconClipboardText },
];

/** The menu; a drawer on narrow screens. */
export function Navigation({ isOpen, close }: { isOpen: boolean; close: () => void }) {
  return (
    <nav className={classes['nav']} data-open={isOpen} aria-label="Pages">
      {ENTRIES.map(({ to, label, icon: Icon }) => (
        <Link
          key={to}
          to={to}
          className={classes['link']}
          activeOptions={{ exact: to === '/', includeSearch: false }}
          onClick={close}
        >
          <Icon size={17} stroke={1.7} aria-hidden />
          {label}
          {to === '/' && <NeedsAttention />}
        </Link>
      ))}
    </nav>
  );
}

function NeedsAttention() {
  const { data } = useInfiniteQuery(attentionQuery());
  const pages = data?.pages ?? [];
  const count = pages.reduce((sum, page) => sum + page.items.length, 0);
  const [first] = pages;
  const total = count + (first ? first.participants.length + first.inDoubt.length : 0);
  if (total === 0) return null;
  const text = pages.at(-1)?.nextCursor ? `${total}+` : String(total);
  return (
    <span className={classes['count']} aria-label={`${text} need attention`}>
      {text}
    </span>
  );
}
