import { Kbd, Modal } from '@mantine/core';
import classes from './shortcuts-dialog.module.css';
import { SHORTCUTS } from './shortcuts.js';

/** What the keys do. */
export function ShortcutsDialog({ close }: { close: () => void }) {
  return (
    <Modal opened onClose={close} title="Keyboard shortcuts" size="sm">
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
  );
}
