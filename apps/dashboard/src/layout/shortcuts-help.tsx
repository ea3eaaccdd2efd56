import { ActionIcon, Kbd, Modal, Tooltip } from '@mantine/core';
import { IconKeyboard } from '@tabler/icons-react';
import classes from './shortcuts-help.module.css';
import { SHORTCUTS } from './shortcuts.js';

export interface ShortcutsHelpProps {
  readonly isOpen: boolean;
  readonly open: () => void;
  readonly close: () => void;
}

/** The keys, by button and by `?`. */
export function ShortcutsHelp({ isOpen, open, close }: ShortcutsHelpProps) {
  return (
    <>
      <Tooltip label="Keyboard shortcuts (?)">
        <ActionIcon variant="subtle" color="gray" aria-label="Keyboard shortcuts" onClick={open}>
          <IconKeyboard size={17} />
        </ActionIcon>
      </Tooltip>
      <Modal opened={isOpen} onClose={close} title="Keyboard shortcuts" size="sm">
        <dl className={classes['keys']}>
          {SHORTCUTS.map(([keys, meaning]) => (
            <div key={keys}>
              <dt>
                {keys.split(' ').map((key) => (
                  <Kbd key={key} size="xs">
                    {key}
                  </Kbd>
                ))}
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      </Modal>
    </>
  );
}
