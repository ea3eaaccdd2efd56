import { Button, Checkbox, Popover } from '@mantine/core';
import { IconColumns3 } from '@tabler/icons-react';
import { COLUMNS, columnsOf } from './columns.js';
import classes from './list.module.css';

export interface ColumnsMenuProps {
  readonly chosen: readonly string[] | undefined;
  readonly choose: (columns: string[]) => void;
}

/** Which columns the list has; the id always. */
export function ColumnsMenu({ chosen, choose }: ColumnsMenuProps) {
  const shown = columnsOf(chosen).map(({ name }) => name);
  return (
    <Popover position="bottom-end" shadow="md">
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={15} />}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={classes['columns']}>
          {COLUMNS.map(({ name, label }) => (
            <Checkbox
              key={name}
              label={label}
              checked={shown.includes(name)}
              disabled={name === 'id'}
              onChange={(event) => {
                const { checked } = event.currentTarget;
                choose(checked ? [...shown, name] : shown.filter((one) => one !== name));
              }}
            />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
