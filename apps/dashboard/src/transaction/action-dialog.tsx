import { Button, Modal, SegmentedControl, Select, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem } from '../api/problem.js';
import { refresh } from '../live/live.js';
import { ReasonField, Refusal } from '../ui/reason.js';
import classes from './action-dialog.module.css';
import {
  branchesToResolve,
  emptyDraft,
  isReply,
  type Draft,
  type Resolvable,
} from './action-draft.js';
import { askPreview, carryOut } from './action-request.js';
import type { ActionKind } from './advice.js';
import { PreviewText } from './preview-text.js';
import type { Transaction } from './transaction.js';

/** A list does not tell its branches. */
type Subject = Pick<Transaction, 'id' | 'version'> & Resolvable;

export interface ActionDialogProps {
  readonly kind: ActionKind;
  readonly transaction: Subject;
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
  const [draft, setDraft] = useState<Draft>(() => emptyDraft(transaction));
  const client = useQueryClient();
  const { id, version } = transaction;
  const { outcome, branch, heuristic, reply } = draft;
  const isSound = isReply(reply);
  const preview = useQuery({
    queryKey: ['preview', id, kind, version, outcome, branch, heuristic, isSound ? reply : ''],
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
        <Fields
          kind={kind}
          draft={draft}
          branches={branchesToResolve(transaction).map(({ name }) => name)}
          isNotice={transaction.parked?.reason === 'heuristic-mixed'}
          change={(next) => setDraft({ ...draft, ...next })}
        />
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
  /** Names of those that may be resolved. */
  readonly branches: readonly string[];
  /** A contradiction is taken notice of: there is nothing to fill in. */
  readonly isNotice: boolean;
  readonly change: (next: Partial<Draft>) => void;
}

function Fields(props: FieldsProps) {
  const { kind, draft } = props;
  if (kind === 'skip') return <StepFields {...props} />;
  if (kind !== 'resolve') return null;
  if (draft.branch !== null) return <BranchFields {...props} />;
  return props.isNotice ? null : <StepFields {...props} />;
}

function BranchFields({ draft, branches, change }: FieldsProps) {
  return (
    <>
      <Select
        label="Branch"
        description="Of which you know what became of it at its participant."
        data={[...branches]}
        allowDeselect={false}
        value={draft.branch}
        onChange={(branch) => change({ branch })}
      />
      <SegmentedControl
        aria-label="What it did"
        data={[
          { value: 'commit', label: 'It committed' },
          { value: 'abort', label: 'It rolled back, or never did anything' },
        ]}
        value={draft.heuristic}
        onChange={(heuristic) => change({ heuristic: heuristic })}
      />
    </>
  );
}

function StepFields({ kind, draft, change }: FieldsProps) {
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
            value={draft.outcome}
            onChange={(outcome) => change({ outcome: outcome })}
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
