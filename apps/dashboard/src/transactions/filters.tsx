import { Button, Select, TagsInput, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { definitionsQuery, participantsQuery } from '../api/queries.js';
import classes from './list.module.css';
import { isFiltered, RANGES, type ListSearch, type Range } from './list-search.js';

export interface FiltersProps {
  readonly search: ListSearch;
  readonly change: (next: Partial<ListSearch>) => void;
  readonly clear: () => void;
}

const RANGE_OPTIONS = Object.entries(RANGES).map(([value, { label }]) => ({ value, label }));

/** What the list is narrowed to besides the status; each choice is in the URL at once. */
export function Filters({ search, change, clear }: FiltersProps) {
  const definitions = useQuery(definitionsQuery());
  const participants = useQuery(participantsQuery());
  return (
    <div className={classes['filters']} role="search" aria-label="Filters">
      <Entered
        label="Text"
        value={search.q}
        placeholder="id, label, reason …"
        set={(q) => change({ q })}
      />
      <Chosen
        label="Definition"
        value={search.definition}
        names={definitions.data?.items.map(({ name }) => name)}
        set={(definition) => change({ definition })}
      />
      <Chosen
        label="Participant"
        value={search.participant}
        names={participants.data?.items.map(({ name }) => name)}
        set={(participant) => change({ participant })}
      />
      <Entered
        label="Step"
        value={search.step}
        placeholder="charge-card"
        set={(step) => change({ step })}
      />
      <TagsInput
        size="xs"
        label="Labels"
        placeholder={search.label?.length ? '' : 'name:value, Enter'}
        value={search.label ?? []}
        onChange={(label) => change({ label: label.filter((one) => /^[^:]+:./.test(one)) })}
      />
      <Select
        label="Started"
        placeholder="Any time"
        clearable
        data={RANGE_OPTIONS}
        value={search.range ?? null}
        onChange={(range) => change({ range: (range ?? undefined) as Range | undefined })}
      />
      {isFiltered(search) && (
        <Button variant="subtle" leftSection={<IconX size={14} />} onClick={clear}>
          Clear
        </Button>
      )}
    </div>
  );
}

interface ChosenProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly names: readonly string[] | undefined;
  readonly set: (value: string | undefined) => void;
}

function Chosen({ label, value, names = [], set }: ChosenProps) {
  const all = [...new Set([...names, ...(value ? [value] : [])])].sort();
  return (
    <Select
      label={label}
      placeholder="Any"
      clearable
      searchable
      data={all}
      value={value ?? null}
      onChange={(chosen) => set(chosen ?? undefined)}
    />
  );
}

interface EnteredProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly placeholder: string;
  readonly set: (value: string | undefined) => void;
}

/** Takes effect on Enter or when it is left: a list is not searched letter by letter. */
function Entered({ label, value = '', placeholder, set }: EnteredProps) {
  const [draft, setDraft] = useState({ of: value, text: value });
  const text = draft.of === value ? draft.text : value;
  const apply = () => {
    if (text.trim() !== value) set(text.trim() || undefined);
  };
  return (
    <TextInput
      label={label}
      placeholder={placeholder}
      value={text}
      onChange={(event) => setDraft({ of: value, text: event.currentTarget.value })}
      onBlur={apply}
      onKeyDown={(event) => {
        if (event.key === 'Enter') apply();
      }}
    />
  );
}
