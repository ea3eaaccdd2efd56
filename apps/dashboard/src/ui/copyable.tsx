import { ActionIcon, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './copyable.module.css';

/** A button that copies `text`; `what` names it for those who do not see where it stands. */
export function CopyIcon({ text, what }: { text: string; what: string }) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : `Copy ${what}`}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={20}
            aria-label={`Copy ${what}`}
            onClick={(event) => {
              event.stopPropagation();
              event.preventDefault();
              copy();
            }}
          >
            {copied ? <IconCheck size={13} /> : <IconCopy size={13} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** An id: whole, monospaced, copyable; breaks only where there is no room. */
export function Id({
  id,
  what = 'id',
  children,
}: {
  id: string;
  what?: string;
  children?: ReactNode;
}) {
  return (
    <span className={classes['id']}>
      {children ?? <code className={classes['text']}>{id}</code>}
      <CopyIcon text={id} what={what} />
    </span>
  );
}
