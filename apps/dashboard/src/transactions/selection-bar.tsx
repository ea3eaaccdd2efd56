import { Button } from '@mantine/core';
import { IconArrowBackUp, IconRefresh, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import type { ListFilter } from '../api/filter.js';
import { BatchDialog, type BatchAction, type BatchScope } from '../batches/batch-dialog.js';
import classes from './list.module.css';

export interface SelectionBarProps {
  readonly selected: ReadonlySet<string>;
  /** Of the list: an order can be for all that it finds. */
  readonly filter: ListFilter;
  readonly unselect: () => void;
}

interface Order {
  readonly action: BatchAction;
  readonly scope: BatchScope;
}

/** What can be done with the selected transactions, or with all that match. */
export function SelectionBar({ selected, filter, unselect }: SelectionBarProps) {
  const [order, setOrder] = useState<Order | null>(null);
  const these = { ids: [...selected] };
  return (
    <div className={classes['selection']} role="group" aria-label="Selected transactions">
      <strong>{selected.size} selected</strong>
      <Button
        variant="default"
        leftSection={<IconRefresh size={15} />}
        onClick={() => setOrder({ action: 'retry', scope: these })}
      >
        Retry them …
      </Button>
      <Button
        variant="default"
        leftSection={<IconArrowBackUp size={15} />}
        onClick={() => setOrder({ action: 'cancel', scope: these })}
      >
        Cancel them …
      </Button>
      <Button variant="subtle" onClick={() => setOrder({ action: 'retry', scope: { filter } })}>
        Retry all that match …
      </Button>
      <Button variant="subtle" onClick={() => setOrder({ action: 'cancel', scope: { filter } })}>
        Cancel all that match …
      </Button>
      <Button variant="subtle" leftSection={<IconX size={14} />} onClick={unselect}>
        Unselect
      </Button>
      {order && <BatchDialog {...order} close={() => setOrder(null)} />}
    </div>
  );
}
