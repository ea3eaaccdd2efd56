import { ActionIcon, Tooltip } from '@mantine/core';
import { IconKeyboard } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';

export interface ShortcutsHelpProps {
  readonly isOpen: boolean;
  readonly open: () => void;
  readonly close: () => void;
}

/** Fetched when somebody asks. */
const ShortcutsDialog = lazy(() =>
  import('./shortcuts-dialog.js').then(({ ShortcutsDialog: dialog }) => ({ default: dialog })),
);

/** The keys, by button and by `?`. */
export function ShortcutsHelp({ isOpen, open, close }: ShortcutsHelpProps) {
  return (
    <>
      <Tooltip label="Keyboard shortcuts (?)">
        <ActionIcon variant="subtle" color="gray" aria-label="Keyboard shortcuts" onClick={open}>
          <IconKeyboard size={17} />
        </ActionIcon>
      </Tooltip>
      {isOpen && (
        <Suspense>
          <ShortcutsDialog close={close} />
        </Suspense>
      )}
    </>
  );
}
