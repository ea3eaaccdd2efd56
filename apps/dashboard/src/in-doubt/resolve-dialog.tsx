import { Button, Modal, SegmentedControl } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, bodyOf, type Schemas } from '../api/client.js';
import { explain } from '../api/problem.js';
import classes from '../transaction/action-dialog.module.css';
import { ReasonField, Refusal } from '../ui/reason.js';

type Item = Schemas['InDoubtItem'];
type Outcome = 'commit' | 'abort';
type Preview = Schemas['ResolvePreparedPreview'];
type Resolved = Schemas['ResolvedPrepared'];

export interface ResolveDialogProps {
  readonly item: Item;
  readonly close: () => void;
}

/** Finishing a prepared transaction by hand: what it would mean, why, and what came of it. */
export function ResolveDialog({ item, close }: ResolveDialogProps) {
  const { participant, gid, decision } = item;
  const [outcome, setOutcome] = useState<Outcome>(decision === 'commit' ? 'commit' : 'abort');
  const [reason, setReason] = useState('');
  const client = useQueryClient();
  const request = { participant, gid, outcome };
  const preview = useQuery({
    queryKey: ['in-doubt-preview', request],
    queryFn: () => resolve(request, 'preview', true) as Promise<Preview>,
    retry: false,
  });
  const order = useMutation({
    mutationFn: () => resolve(request, reason, false) as Promise<Resolved>,
    onSuccess: ({ result }) => {
      notifications.show({ title: `${participant}: ${gid}`, message: `Result: ${result}` });
      void client.invalidateQueries({ queryKey: ['in-doubt'] });
      close();
    },
  });
  const isReady = preview.data !== undefined && reason.trim() !== '';
  return (
    <Modal opened onClose={close} title="Finish it by hand" size="lg">
      <div className={classes['form']}>
        <code>{gid}</code>
        <SegmentedControl
          aria-label="Outcome"
          data={[
            { value: 'commit', label: 'Commit' },
            { value: 'abort', label: 'Abort' },
          ]}
          value={outcome}
          onChange={setOutcome}
        />
        <Meaning preview={preview.data} error={preview.error} />
        <ReasonField reason={reason} change={setReason} />
        <Refusal error={order.error} />
        <div className={classes['buttons']}>
          <Button variant="default" onClick={close}>
            Keep as it is
          </Button>
          <Button
            color="red"
            disabled={!isReady}
            loading={order.isPending}
            onClick={() => order.mutate()}
          >
            {outcome === 'commit' ? 'Commit at the participant' : 'Abort at the participant'}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

function resolve(
  request: { readonly participant: string; readonly gid: string; readonly outcome: Outcome },
  reason: string,
  isPreview: boolean,
): Promise<Preview | Resolved> {
  const params = { query: isPreview ? { preview: 'true' as const } : {} };
  return bodyOf(api.POST('/v1/in-doubt/resolve', { params, body: { ...request, reason } }));
}

function Meaning({ preview, error }: { preview: Preview | undefined; error: unknown }) {
  return (
    <section className={classes['preview']} aria-label="What follows" aria-live="polite">
      <h3>What follows</h3>
      {!preview && !error && 'Asking the coordinator …'}
      {Boolean(error) && explain(error).detail}
      {preview?.consequence}
      {preview && (
        <p className={classes['warning']}>
          <IconAlertTriangle size={15} aria-hidden />
          {preview.contradicts
            ? 'It contradicts the decision, or may. This cannot be undone.'
            : 'This cannot be undone.'}
        </p>
      )}
    </section>
  );
}
