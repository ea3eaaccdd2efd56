import { Button, SegmentedControl, TagsInput } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, bodyOf as answerOf } from '../api/client.js';
import { ApiProblem, explain } from '../api/problem.js';
import { JsonField } from '../schema-form/json-field.js';
import { messagesBelow, type Messages } from '../schema-form/pointers.js';
import { SchemaField } from '../schema-form/schema-field.js';
import type { Schema } from '../schema-form/schema.js';
import { CopyIcon } from '../ui/copyable.js';
import { Panel } from '../ui/page.js';
import classes from './start.module.css';
import { bodyOf, curlOf, type StartBody } from './start-request.js';

export interface StartFormProps {
  readonly definition: string;
  readonly schema: Schema;
  readonly initialInput: unknown;
  readonly initialLabels: string[];
}

const INPUT = '/input';

/** A form of the schema, or the same as JSON; what the coordinator finds wrong stands at its field. */
export function StartForm({ definition, schema, initialInput, initialLabels }: StartFormProps) {
  const [input, setInput] = useState(initialInput);
  const [labels, setLabels] = useState(initialLabels);
  const [mode, setMode] = useState('form');
  const body = bodyOf(definition, input, labels);
  const start = useStart();
  const messages = messagesOf(start.error);
  return (
    <div className={classes['columns']}>
      <Panel
        title="Input"
        aside={
          <SegmentedControl
            aria-label="How to enter it"
            data={[
              { value: 'form', label: 'Form' },
              { value: 'json', label: 'JSON' },
            ]}
            value={mode}
            onChange={setMode}
          />
        }
      >
        <form
          className={classes['form']}
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            start.mutate(body);
          }}
        >
          <InputField {...{ mode, schema, messages }} value={input} change={setInput} />
          <TagsInput
            size="xs"
            label="Labels"
            description="name:value, Enter; to find it by"
            value={labels}
            onChange={(next) => setLabels(next.filter((one) => /^[^:]+:./.test(one)))}
            error={messagesBelow(messages, '/labels') || undefined}
          />
          {start.error && <Refusal error={start.error} />}
          <Button
            type="submit"
            className={classes['submit'] ?? ''}
            leftSection={<IconPlayerPlay size={15} />}
            loading={start.isPending}
          >
            Start {definition}
          </Button>
        </form>
      </Panel>
      <Curl body={body} />
    </div>
  );
}

interface InputFieldProps {
  readonly mode: string;
  readonly schema: Schema;
  readonly value: unknown;
  readonly change: (value: unknown) => void;
  readonly messages: Messages;
}

function InputField({ mode, schema, ...field }: InputFieldProps) {
  if (mode === 'json') {
    const error = messagesBelow(field.messages, INPUT);
    return <JsonField label="Input (JSON)" rows={12} error={error} {...field} />;
  }
  return (
    <SchemaField label="" schema={schema} root={schema} pointer={INPUT} isRequired {...field} />
  );
}

/** Starts it under a key of its own, so that a second press starts no second one, and goes there. */
function useStart() {
  const navigate = useNavigate();
  const [key] = useState(() => crypto.randomUUID());
  const [sent, setSent] = useState({ text: '', count: 0 });
  return useMutation({
    mutationFn: (body: StartBody) => {
      const text = JSON.stringify(body);
      const count = text === sent.text ? sent.count : sent.count + 1;
      setSent({ text, count });
      const header = { 'Idempotency-Key': `${key}-${count}` };
      return answerOf(api.POST('/v1/transactions', { params: { header }, body }));
    },
    onSuccess: ({ id }) => navigate({ to: '/transactions/$id', params: { id } }),
  });
}

function messagesOf(error: unknown): Messages {
  const errors = error instanceof ApiProblem ? (error.problem.errors ?? []) : [];
  return new Map(errors.map(({ pointer, detail }) => [pointer, detail]));
}

function Refusal({ error }: { error: unknown }) {
  const { title, detail } = explain(error);
  return (
    <p className={classes['refusal']} role="alert">
      <strong>{title}.</strong> {detail}
    </p>
  );
}

function Curl({ body }: { body: StartBody }) {
  const text = curlOf(location.origin, body);
  return (
    <Panel title="The same by curl" aside={<CopyIcon text={text} what="curl command" />}>
      <pre className={classes['curl']} tabIndex={0} aria-label="curl command">
        {text}
      </pre>
    </Panel>
  );
}
