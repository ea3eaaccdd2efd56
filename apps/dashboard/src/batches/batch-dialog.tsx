import { Button, Modal } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, bodyOf, type Schemas } from '../api/client.js';
import { explain } from '../api/problem.js';
import { StatusBadge } from '../ui/badge.js';
import classes from '../transaction/action-dialog.module.css';
import { Calls } from '../transaction/calls.js';
import { ReasonField, Refusal } from '../ui/reason.js';

export type BatchAction = 'retry' | 'cancel';
export type BatchScope = Pick<Schemas['BatchRequest'], 'ids' | 'filter'>;

export interface BatchDialogProps {
  readonly action: BatchAction;
  readonly scope: BatchScope;
  readonly close: () => void;
}

type Preview = Schemas['BatchPreview'];
type Batch = Schemas['Batch'];

/** One order for many transactions: what would follow, why; then to its progress. */
export function BatchDialog({ action, scope, close }: BatchDialogProps) {
  const [reason, setReason] = useState('');
  const [key] = useState(() => crypto.randomUUID());
  const client = useQueryClient();
  const navigate = useNavigate();
  const preview = useQuery({
    queryKey: ['batch-preview', action, scope],
    queryFn: () => send({ ...scope, action, reason: 'preview' }, undefined) as Promise<Preview>,
    retry: false,
  });
  const order = useMutation({
    mutationFn: () => send({ ...scope, action, reason }, key) as Promise<Batch>,
    onSuccess: ({ id }) => {
      void client.invalidateQueries({ queryKey: ['batches'] });
      close();
      void navigate({ to: '/batches', search: { id } });
    },
  });
  const isReady = (preview.data?.allowed ?? 0) > 0 && reason.trim() !== '';
  const verb = action === 'retry' ? 'Retry' : 'Cancel';
  return (
    <Modal opened onClose={close} title={`${verb} many transactions`} size="lg">
      <div className={classes['form']}>
        <Meaning preview={preview.data} error={preview.error} />
        <ReasonField
          reason={reason}
          change={setReason}
          description="For the audit of each: who comes later reads why."
        />
        <Refusal error={order.error} />
        <div className={classes['buttons']}>
          <Button variant="default" onClick={close}>
            Keep them as they are
          </Button>
          <Button
            color={action === 'retry' ? 'indigo' : 'red'}
            disabled={!isReady}
            loading={order.isPending}
            onClick={() => order.mutate()}
          >
            {verb} {preview.data?.matched ?? ''}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

/** Without a key it only tells what would follow. */
function send(body: Schemas['BatchRequest'], key: string | undefined): Promise<Preview | Batch> {
  const params = key
    ? { header: { 'Idempotency-Key': key } }
    : { query: { preview: 'true' as const } };
  return bodyOf(api.POST('/v1/batches', { params, body }));
}

function Meaning({ preview, error }: { preview: Preview | undefined; error: unknown }) {
  return (
    <section className={classes['preview']} aria-label="What follows" aria-live="polite">
      <h3>What follows</h3>
      {!preview && !error && 'Asking the coordinator …'}
      {Boolean(error) && explain(error).detail}
      {preview && <Allowed preview={preview} />}
    </section>
  );
}

function Allowed({ preview }: { preview: Preview }) {
  const { matched, matchedEstimated, checked, allowed, refused, statuses, sample } = preview;
  const [example] = sample;
  return (
    <>
      It is for {matchedEstimated ? 'more than ' : ''}
      {matched} transactions; of {checked} that were looked at it is possible for {allowed}.
      <p>
        They become{' '}
        {Object.entries(statuses).map(([status, count]) => (
          <span key={status}>
            <StatusBadge status={status} /> × {count}{' '}
          </span>
        ))}
      </p>
      {example && example.calls.length > 0 && (
        <Calls calls={example.calls} label="Calls of one of them" />
      )}
      {refused.slice(0, 5).map(({ id, refusal }) => (
        <p key={id}>
          <code>{id}</code>: {refusal}
        </p>
      ))}
    </>
  );
}
