import { Button, Modal, SegmentedControl, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem } from '../api/problem.js';
import { refresh } from '../live/live.js';
import { ReasonField, Refusal } from '../ui/reason.js';
import classes from './action-dialog.module.css';
import { askPreview, carryOut, emptyDraft, isReply, type Draft } from './action-request.js';
import type { ActionKind } from './advice.js';
import { PreviewText } from './preview-text.js';
import type { Transaction } from './transaction.js';

export interface ActionDialogProps {
  readonly kind: ActionKind;
  readonly transaction: Pick<Transaction, 'id' | 'version' | 'protocol'>;
  readonly close: () => void;
}

const TITLES: Readonly<Record<ActionKind, string>> = {
  retry: 'Retry now',
  cancel: 'Cancel this transaction',
  skip: 'Skip the step it waits for',
  resolve: 'Resolve by what you found out',
};

/** One command: what would follow, why, and then what came of it. */
export function ActionDialog({ kind, transaction, close }: ActionDialogProps) {
  const [draft, setDraft] = useState<Draft>(() => emptyDraft(transaction.protocol));
  const client = useQueryClient();
  const { id, version } = transaction;
  const { outcome, reply } = draft;
  const isSound = isReply(reply);
  const preview = useQuery({
    queryKey: ['preview', id, kind, version, outcome, isSound ? reply : ''],
    queryFn: () => askPreview(id, kind, { ...draft, reply: isSound ? reply : '' }),
    retry: false,
  });
  const order = useMutation({
    mutationFn: () => carryOut(id, kind, { draft, version: preview.data?.version ?? version }),
    onSuccess: (answer) => {
      notifications.show({ title: TITLES[kind], message: `Done: it is ${answer.status} now.` });
      refresh(client, 'one', 'history', 'list', 'counts', 'attention');
      close();
    },
    onError: (error) => {
      // It moved on meanwhile: what was previewed is not what would follow.
      if (error instanceof ApiProblem) void client.invalidateQueries({ queryKey: ['preview', id] });
    },
  });
  const isReady = preview.data?.allowed === true && draft.reason.trim() !== '' && isSound;
  return (
    <Modal opened onClose={close} title={TITLES[kind]} size="lg">
      <form
        className={classes['form']}
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) order.mutate();
        }}
      >
        <Fields kind={kind} draft={draft} change={(next) => setDraft({ ...draft, ...next })} />
        <PreviewText kind={kind} preview={preview.data} error={preview.error} />
        <ReasonField reason={draft.reason} change={(reason) => setDraft({ ...draft, reason })} />
        <Refusal error={order.error} />
        <Buttons kind={kind} close={close} isReady={isReady} isUnderWay={order.isPending} />
      </form>
    </Modal>
  );
}

interface ButtonsProps {
  readonly kind: ActionKind;
  readonly close: () => void;
  readonly isReady: boolean;
  readonly isUnderWay: boolean;
}

function Buttons({ kind, close, isReady, isUnderWay }: ButtonsProps) {
  return (
    <div className={classes['buttons']}>
      <Button variant="default" onClick={close}>
        Keep as it is
      </Button>
      <Button
        type="submit"
        color={kind === 'retry' ? 'indigo' : 'red'}
        loading={isUnderWay}
        disabled={!isReady}
      >
        {TITLES[kind]}
      </Button>
    </div>
  );
}

interface FieldsProps {
  readonly kind: ActionKind;
  readonly draft: Draft;
  readonly change: (next: Partial<Draft>) => void;
}

function Fields({ kind, draft, change }: FieldsProps) {
  if (kind !== 'skip' && (kind !== 'resolve' || draft.outcome === null)) return null;
  const takesReply = kind === 'skip' || draft.outcome === 'succeeded';
  return (
    <>
      {kind === 'resolve' && (
        <div>
          <div className={classes['label']} id="outcome-label">
            What became of the step
          </div>
          <SegmentedControl
            aria-labelledby="outcome-label"
            data={[
              { value: 'succeeded', label: 'It took effect' },
              { value: 'rejected', label: 'It did not, and will not' },
            ]}
            value={draft.outcome ?? ''}
            onChange={(outcome) => change({ outcome: outcome as Draft['outcome'] })}
          />
        </div>
      )}
      {takesReply && (
        <Textarea
          label="Reply of the step (JSON)"
          description="As its contract has it; later steps are computed from it. Leave empty for none."
          autosize
          minRows={2}
          maxRows={12}
          classNames={{ input: classes['mono'] ?? '' }}
          value={draft.reply}
          error={isReply(draft.reply) ? undefined : 'This is not JSON'}
          onChange={(event) => change({ reply: event.currentTarget.value })}
        />
      )}
    </>
  );
}
