import { Handle, Position, type Node, type NodeProps } from '@xyflow/react';
import { lookOfStep } from '../ui/tones.js';
import classes from './graph.module.css';
import type { CallNode, StepNode } from './model.js';

export type StepFlow = Node<{ step: StepNode }, 'step'>;

/** One step: its action and, beneath, what undoes it. */
export function StepFlowNode({ data: { step } }: NodeProps<StepFlow>) {
  const { name, kind, action, compensation } = step;
  const isTold = compensation?.phase === 'done' || compensation?.phase === 'now';
  return (
    <div className={classes['step']} data-step={name}>
      <div className={classes['action']}>
        <Handle type="target" position={Position.Left} id="in" />
        <CallCard call={action} title={name} note={kind} />
        <Handle type="source" position={Position.Right} id="out" />
        <Handle type="source" position={Position.Bottom} id="turn-out" />
      </div>
      {compensation && (
        <div className={classes['compensation']}>
          <Handle type="source" position={Position.Left} id="back-out" />
          <CallCard call={compensation} title="" note={isTold ? '' : 'compensation'} />
          <Handle type="target" position={Position.Right} id="back-in" />
        </div>
      )}
    </div>
  );
}

function StateWord({ state }: { state: string }) {
  const { icon: Icon } = lookOfStep(state);
  return (
    <>
      <Icon size={13} stroke={2.2} aria-hidden />
      <span className={classes['state']}>{state}</span>
    </>
  );
}

interface CallCardProps {
  readonly call: CallNode;
  readonly title: string;
  readonly note: string;
}

function CallCard({ call, title, note }: CallCardProps) {
  const { operation, state, phase, attempts, error } = call;
  const look = state === null ? undefined : lookOfStep(state);
  return (
    <div
      className={classes['card']}
      data-phase={phase}
      data-tone={look?.tone ?? 'idle'}
      title={error ?? undefined}
    >
      {title && <div className={classes['title']}>{title}</div>}
      <div className={classes['operation']}>{operation}</div>
      <div className={classes['meta']}>
        {state !== null && phase !== 'aside' && <StateWord state={state} />}
        {note && <span className={classes['note']}>{note}</span>}
        {attempts > 1 && <span className={classes['note']}>× {attempts}</span>}
      </div>
    </div>
  );
}
