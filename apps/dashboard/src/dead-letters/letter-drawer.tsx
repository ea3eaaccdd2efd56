import { Button, Drawer } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, bodyOf, type Schemas } from '../api/client.js';
import { deadLetterQuery } from '../api/queries.js';
import { Facts } from '../ui/facts.js';
import { Json } from '../ui/json.js';
import { ReasonField, Refusal } from '../ui/reason.js';
import { Failed, Loading } from '../ui/states.js';
import { Time } from '../ui/time.js';
import classes from './letter.module.css';

/** One dead letter as it came, and the ways to be rid of it. */
export function LetterDrawer({ id, close }: { id: string; close: () => void }) {
  const letter = useQuery(deadLetterQuery(id));
  return (
    <Drawer opened onClose={close} position="right" size="lg" title="Dead letter">
      {letter.isPending && <Loading />}
      {letter.error && <Failed error={letter.error} />}
      {letter.data && <Letter letter={letter.data} close={close} />}
    </Drawer>
  );
}

function Letter({ letter, close }: { letter: Schemas['DeadLetter']; close: () => void }) {
  const { id, at, source, reason, state, headers, payload, encoding } = letter;
  return (
    <div className={classes['letter']}>
      <Facts
        facts={[
          ['State', state],
          ['Arrived', <Time key="at" at={at} />],
          ['Source', source],
          ['Why it is here', reason],
        ]}
      />
      <h3>Headers</h3>
      <Json value={headers} what="headers" />
      <h3>Payload {encoding === 'base64' && '(base64)'}</h3>
      <Json value={parsed(payload)} what="payload" />
      {state === 'open' && <Ways id={id} close={close} />}
    </div>
  );
}

/** As JSON where it is some, else as it came. */
function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
}

function Ways({ id, close }: { id: string; close: () => void }) {
  const [reason, setReason] = useState('');
  const client = useQueryClient();
  const order = useMutation({
    mutationFn: (how: 'replay' | 'discard') => {
      const request = { params: { path: { id } }, body: { reason } };
      return bodyOf(
        how === 'replay'
          ? api.POST('/v1/dead-letters/{id}/replay', request)
          : api.POST('/v1/dead-letters/{id}/discard', request),
      );
    },
    onSuccess: ({ state }) => {
      notifications.show({ title: 'Dead letter', message: `It is ${state} now.` });
      void client.invalidateQueries({ queryKey: ['dead-letters'] });
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['dead-letter', id] }),
  });
  const isReady = reason.trim() !== '';
  return (
    <>
      <ReasonField
        reason={reason}
        change={setReason}
        description="For the audit. Replay takes it in as if it arrived now; discard sets it aside for good."
      />
      <Refusal error={order.error} />
      <div className={classes['buttons']}>
        <Button
          variant="default"
          disabled={!isReady}
          loading={order.isPending}
          onClick={() => order.mutate('discard')}
        >
          Discard
        </Button>
        <Button
          disabled={!isReady}
          loading={order.isPending}
          onClick={() => order.mutate('replay')}
        >
          Replay
        </Button>
      </div>
    </>
  );
}
