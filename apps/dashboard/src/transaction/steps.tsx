import { Accordion } from '@mantine/core';
import { StepBadge, Tag } from '../ui/badge.js';
import { Json } from '../ui/json.js';
import { Panel } from '../ui/page.js';
import { duration } from '../ui/time-format.js';
import classes from './steps.module.css';
import { BranchLine } from './branch-line.js';
import { branchStateOf } from './branch-state.js';
import { shownState } from './step-state.js';
import type { AtomicBranch, Call, Step, Transaction } from './transaction.js';

export interface StepsProps {
  readonly transaction: Transaction;
  /** The open one, of the URL. */
  readonly open: string | undefined;
  readonly setOpen: (step: string | undefined) => void;
}

/** Each step with what was asked and answered, side by side. */
export function Steps({ transaction, open, setOpen }: StepsProps) {
  const steps = transaction.steps ?? [];
  // The graph shows branches, and may be asked for one.
  const opened = steps.find(
    ({ name, branches }) => name === open || branches?.some((branch) => branch.name === open),
  );
  return (
    <Panel title="Steps" flush>
      <Accordion
        value={opened?.name ?? null}
        onChange={(step) => setOpen(step ?? undefined)}
        transitionDuration={0}
        keepMounted={false}
        classNames={{ label: classes['label'] ?? '', content: classes['content'] ?? '' }}
      >
        {steps.map((step) => (
          <Accordion.Item key={step.name} value={step.name} id={`step-${step.name}`}>
            <Accordion.Control>
              <StepLine step={step} state={shownState(step.state, transaction)} />
            </Accordion.Control>
            <Accordion.Panel>
              {step.action && <CallDetail title="Action" call={step.action} />}
              {step.branches?.map((branch) => (
                <BranchDetail key={branch.name} branch={branch} decision={step.decision ?? null} />
              ))}
              {step.compensation && step.compensation.attempts > 0 && (
                <CallDetail title="Compensation" call={step.compensation} />
              )}
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </Panel>
  );
}

function StepLine({ step, state }: { step: Step; state: string }) {
  const { name, kind, action, compensation, branches, decision } = step;
  const call = step.state.startsWith('compensat') && compensation ? compensation : action;
  const error = call?.error ?? action?.error;
  return (
    <span className={classes['line']}>
      <strong>{name}</strong>
      <StepBadge state={state} />
      <Tag>{kind}</Tag>
      {branches && <Tag>{decision ? `decision ${decision}` : 'atomic'}</Tag>}
      <code className={classes['operation']}>
        {action
          ? `${action.participant}.${action.operation}`
          : branches?.map((branch) => branch.name).join(', ')}
      </code>
      {error && <span className={classes['error']}>{error.reason}</span>}
      <span className={classes['attempts']}>{call && attemptsOf(call)}</span>
    </span>
  );
}

function attemptsOf({ attempts, startedAt, endedAt }: Call): string {
  if (attempts === 0) return '';
  const took =
    startedAt && endedAt ? `, ${duration(Date.parse(endedAt) - Date.parse(startedAt))}` : '';
  return `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}${took}`;
}

function BranchDetail(props: { branch: AtomicBranch; decision: Step['decision'] | null }) {
  const { branch, decision } = props;
  const { name, request, reply, compensation } = branch;
  return (
    <section className={classes['call']} aria-label={`Branch ${name}`}>
      <h3>
        <BranchLine branch={branch} state={branchStateOf(branch, decision)} decision={decision} />
      </h3>
      <div className={classes['payloads']}>
        <Payload title="Request" value={request} what={`request to ${name}`} />
        <Payload title="Reply" value={reply} what={`reply of ${name}`} />
      </div>
      {compensation && compensation.attempts > 0 && (
        <CallDetail title="Compensation" call={compensation} />
      )}
    </section>
  );
}

function CallDetail({ title, call }: { title: string; call: Call }) {
  const name = `${call.participant}.${call.operation}`;
  return (
    <section className={classes['call']} aria-label={`${title} ${name}`}>
      <h3>
        {title} <code>{name}</code>
      </h3>
      <div className={classes['payloads']}>
        <Payload title="Request" value={call.request} what={`request to ${name}`} />
        <Payload title="Reply" value={call.reply} what={`reply of ${name}`} />
        {call.error && <Payload title="Error" value={call.error} what={`error of ${name}`} />}
      </div>
    </section>
  );
}

function Payload({ title, value, what }: { title: string; value: unknown; what: string }) {
  return (
    <div className={classes['payload']}>
      <div className={classes['name']}>{title}</div>
      <Json value={value} what={what} />
    </div>
  );
}
