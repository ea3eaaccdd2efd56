import { Textarea } from '@mantine/core';
import { useState } from 'react';
import classes from './schema-form.module.css';

export interface JsonFieldProps {
  readonly label: string;
  readonly description?: string;
  readonly value: unknown;
  readonly change: (value: unknown) => void;
  readonly error?: string | undefined;
  readonly rows?: number;
}

/** A value as JSON text. What is no JSON yet stays here and changes nothing. */
export function JsonField({ label, description, value, change, error, rows = 3 }: JsonFieldProps) {
  const [draft, setDraft] = useState<{ text: string; of: unknown } | null>(null);
  const text = draft && (draft.of === value || !isJson(draft.text)) ? draft.text : print(value);
  return (
    <Textarea
      label={label}
      description={description}
      autosize
      minRows={rows}
      maxRows={30}
      spellCheck={false}
      classNames={{ input: classes['json'] ?? '' }}
      value={text}
      error={isJson(text) ? error || undefined : 'This is not JSON yet'}
      onChange={(event) => {
        const next = event.currentTarget.value;
        const parsed = isJson(next) ? (JSON.parse(next) as unknown) : value;
        setDraft({ text: next, of: parsed });
        if (parsed !== value) change(parsed);
      }}
    />
  );
}

function print(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value, null, 2);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
