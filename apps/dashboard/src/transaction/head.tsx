import { Anchor } from '@mantine/core';
import { IconArrowBackUp, IconHandStop } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { isEnded } from '../api/status.js';
import { Labels } from '../transactions/labels.js';
import { failureWords, parkedWords, summaryOf } from '../transactions/words.js';
import { Callout } from '../ui/callout.js';
import { Id } from '../ui/copyable.js';
import { Facts, type Fact } from '../ui/facts.js';
import { useNow } from '../ui/now.js';
import { Panel } from '../ui/page.js';
import { duration } from '../ui/time-format.js';
import { Time } from '../ui/time.js';
import { adviceFor } from './advice.js';
import classes from './head.module.css';
import type { Transaction } from './transaction.js';

/** Where the transaction stands, in words; why it needs somebody; what it is. */
export function Head({ transaction }: { transaction: Transaction }) {
  const now = useNow();
  const { parked, failure, waitingFor } = transaction;
  // A callout says it already, unless there is something that it waits for.
  const isTold = parked !== null || (failure !== null && waitingFor.length === 0);
  const summary = isTold ? '' : summaryOf(transaction, now);
  return (
    <>
      {parked && <ParkedCallout transaction={transaction} />}
      {failure && (
        <Callout
          tone={isEnded(transaction.status) ? 'back' : 'warn'}
          icon={IconArrowBackUp}
          title={`Turned back: ${failureWords(failure)}`}
        >
          {failure.detail}
        </Callout>
      )}
      <Panel>
        {summary && (
          <p className={classes['summary']} data-testid="summary">
            {summary}
          </p>
        )}
        <Facts facts={factsOf(transaction, now)} />
      </Panel>
    </>
  );
}

function ParkedCallout({ transaction }: { transaction: Transaction }) {
  const { parked } = transaction;
  if (!parked) return null;
  return (
    <Callout
      tone="bad"
      icon={IconHandStop}
      title={`Parked, needs you: ${parkedWords(parked.reason)} (${parked.reason})`}
    >
      {parked.detail && <div>{parked.detail}</div>}
      <div>{adviceFor(transaction).words}</div>
    </Callout>
  );
}

function factsOf(transaction: Transaction, now: number): Fact[] {
  const { id, definition, definitionVersion, labels, createdAt, endedAt, deadline } = transaction;
  const took = (endedAt ? Date.parse(endedAt) : now) - Date.parse(createdAt);
  return [
    ['Transaction', <Id key="id" id={id} what="transaction id" />, 'wide'],
    [
      'Definition',
      <Anchor
        key="definition"
        inherit
        renderRoot={(props) => (
          <Link
            {...props}
            to="/definitions/$name"
            params={{ name: definition }}
            search={{ version: definitionVersion }}
          />
        )}
      >
        {definition} v{definitionVersion}
      </Anchor>,
    ],
    ['Started', <Time key="started" at={createdAt} />],
    endedAt
      ? ['Ended', <Time key="ended" at={endedAt} />]
      : ['Deadline', <Time key="d" at={deadline} />],
    [endedAt ? 'Took' : 'Running for', duration(took)],
    ['Version', transaction.version],
    transaction.owner !== null && ['Coordinator', <code key="o">{transaction.owner}</code>],
    Object.keys(labels).length > 0 && ['Labels', <Labels key="labels" labels={labels} />, 'wide'],
  ];
}
