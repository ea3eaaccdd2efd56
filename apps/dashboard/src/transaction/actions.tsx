import { Button, Menu } from '@mantine/core';
import {
  IconArrowBackUp,
  IconChevronDown,
  IconCircleCheck,
  IconDownload,
  IconPlayerPlay,
  IconPlayerSkipForward,
  IconRefresh,
  type TablerIcon,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { isEnded } from '../api/status.js';
import { ActionDialog } from './action-dialog.js';
import type { ActionKind } from './advice.js';
import { LinksMenu } from './links-menu.js';
import type { Transaction } from './transaction.js';

interface Entry {
  readonly kind: ActionKind;
  readonly label: string;
  readonly icon: TablerIcon;
}

/** What the coordinator would refuse whatever the preview says is not offered. */
function isOffered(kind: ActionKind, { status, protocol, decision = null }: Transaction): boolean {
  if (kind === 'retry') return true;
  if (kind === 'cancel') return decision === null;
  return status === 'parked' && (kind === 'resolve' || protocol === 'saga');
}

const ENTRIES: readonly Entry[] = [
  { kind: 'retry', label: 'Retry now', icon: IconRefresh },
  { kind: 'cancel', label: 'Cancel', icon: IconArrowBackUp },
  { kind: 'skip', label: 'Skip step', icon: IconPlayerSkipForward },
  { kind: 'resolve', label: 'Resolve', icon: IconCircleCheck },
];

/** What can be done with the transaction; each command shows what follows before it is given. */
export function Actions({ transaction }: { transaction: Transaction }) {
  const [kind, setKind] = useState<ActionKind | null>(null);
  const { id, definition } = transaction;
  const isOpen = !isEnded(transaction.status);
  return (
    <>
      {isOpen &&
        ENTRIES.filter((entry) => isOffered(entry.kind, transaction)).map(
          ({ kind: one, label, icon: Icon }) => (
            <Button
              key={one}
              variant={one === 'retry' && transaction.status === 'parked' ? 'filled' : 'default'}
              leftSection={<Icon size={15} />}
              onClick={() => setKind(one)}
            >
              {label}
            </Button>
          ),
        )}
      <LinksMenu id={id} definition={definition} />
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={14} />}>
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconPlayerPlay size={15} />}
            renderRoot={(props) => (
              <Link {...props} to="/start" search={{ definition, like: id }} />
            )}
          >
            Start one like this
          </Menu.Item>
          <Menu.Item
            component="a"
            href={`/v1/transactions/${id}/export`}
            download={`${definition}-${id}.json`}
            leftSection={<IconDownload size={15} />}
          >
            Export as test fixture
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {kind && <ActionDialog kind={kind} transaction={transaction} close={() => setKind(null)} />}
    </>
  );
}
