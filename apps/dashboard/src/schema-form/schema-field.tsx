import { ActionIcon, Button, NumberInput, Select, Switch, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { JsonField } from './json-field.js';
import { below, messagesBelow, type Messages } from './pointers.js';
import { emptyOf, hintOf, kindOf, resolved, type Schema } from './schema.js';
import classes from './schema-form.module.css';

export interface SchemaFieldProps {
  readonly label: string;
  readonly schema: Schema;
  readonly root: Schema;
  /** RFC 6901, of this value within what is sent. */
  readonly pointer: string;
  readonly value: unknown;
  /** Undefined = left out. */
  readonly change: (value: unknown) => void;
  readonly messages: Messages;
  readonly isRequired: boolean;
}

/** A value by its JSON Schema: fields for what has some, JSON for the rest. */
export function SchemaField(props: SchemaFieldProps) {
  const own: SchemaFieldProps = { ...props, schema: resolved(props.schema, props.root) };
  switch (kindOf(own.schema)) {
    case 'object':
      return <ObjectField {...own} />;
    case 'array':
      return <ArrayField {...own} />;
    case 'json':
      return (
        <JsonField
          label={own.label}
          description={hintOf(own.schema)}
          value={own.value}
          change={own.change}
          error={messagesBelow(own.messages, own.pointer)}
        />
      );
    case 'choice':
      return <ChoiceField {...own} shown={shownOf(own)} />;
    case 'text':
      return <TextField {...own} shown={shownOf(own)} />;
    case 'number':
      return <NumberField {...own} shown={shownOf(own)} />;
    case 'switch':
      return <SwitchField {...own} shown={shownOf(own)} />;
  }
}

type PlainProps = SchemaFieldProps & {
  readonly shown: {
    readonly label: string;
    readonly description: string | undefined;
    readonly error: string | undefined;
    readonly withAsterisk: boolean;
  };
};

/** What all plain fields show. */
function shownOf({ label, schema, pointer, messages, isRequired }: SchemaFieldProps) {
  const description = hintOf(schema) || undefined;
  return { label, description, error: messages.get(pointer), withAsterisk: isRequired };
}

function ChoiceField({ shown, schema, value, change, isRequired }: PlainProps) {
  const choices = schema.enum ?? [];
  return (
    <Select
      {...shown}
      data={choices.map(wordOf)}
      value={value === undefined ? null : wordOf(value)}
      clearable={!isRequired}
      onChange={(chosen) => change(choices.find((one) => wordOf(one) === chosen))}
    />
  );
}

function NumberField({ shown, schema, value, change }: PlainProps) {
  return (
    <NumberInput
      {...shown}
      value={typeof value === 'number' || typeof value === 'string' ? value : ''}
      allowDecimal={schema.type !== 'integer'}
      onChange={(next) => change(next === '' ? undefined : next)}
    />
  );
}

function SwitchField({ shown, value, change }: PlainProps) {
  const { withAsterisk: _, ...rest } = shown;
  return (
    <Switch
      {...rest}
      checked={value === true}
      onChange={(event) => change(event.currentTarget.checked)}
    />
  );
}

function TextField({ shown, value, change, isRequired }: PlainProps) {
  return (
    <TextInput
      {...shown}
      value={typeof value === 'string' ? value : ''}
      onChange={(event) => {
        const text = event.currentTarget.value;
        change(text === '' && !isRequired ? undefined : text);
      }}
    />
  );
}

/** A choice as its option reads: texts as they are, the rest as JSON. */
function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function ObjectField({ label, schema, value, change, ...rest }: SchemaFieldProps) {
  const members = isObject(value) ? value : {};
  const { pointer, messages } = rest;
  return (
    <fieldset className={classes['group']}>
      {label && <legend>{label}</legend>}
      {Object.entries(schema.properties ?? {}).map(([name, member]) => (
        <SchemaField
          key={name}
          {...rest}
          label={name}
          schema={member}
          pointer={below(pointer, name)}
          value={members[name]}
          change={(next) => change(withMember(members, name, next))}
          isRequired={schema.required?.includes(name) ?? false}
        />
      ))}
      <Message text={messages.get(pointer)} />
    </fieldset>
  );
}

function ArrayField({ label, schema, value, change, ...rest }: SchemaFieldProps) {
  const items: unknown[] = Array.isArray(value) ? value : [];
  const { pointer, messages, root } = rest;
  const itemSchema = schema.items ?? {};
  return (
    <fieldset className={classes['group']}>
      <legend>{label}</legend>
      {items.map((item, index) => (
        <div key={index} className={classes['item']}>
          <SchemaField
            {...rest}
            label={`${label} ${index + 1}`}
            schema={itemSchema}
            pointer={below(pointer, index)}
            value={item}
            change={(next) => change(items.with(index, next))}
            isRequired
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove ${label} ${index + 1}`}
            onClick={() => change(items.toSpliced(index, 1))}
          >
            <IconTrash size={15} />
          </ActionIcon>
        </div>
      ))}
      <Message text={messages.get(pointer)} />
      <Button
        variant="default"
        className={classes['add'] ?? ''}
        leftSection={<IconPlus size={14} />}
        onClick={() => change([...items, emptyOf(itemSchema, root)])}
      >
        Add to {label}
      </Button>
    </fieldset>
  );
}

function Message({ text }: { text: string | undefined }) {
  return text ? (
    <p className={classes['message']} role="alert">
      {text}
    </p>
  ) : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withMember(members: Readonly<Record<string, unknown>>, name: string, value: unknown) {
  const { [name]: _old, ...others } = members;
  return value === undefined ? others : { ...members, [name]: value };
}
