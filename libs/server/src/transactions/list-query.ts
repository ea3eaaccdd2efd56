import { STATUSES, type Status } from '@skald/core';
import type { ListFilter } from '@skald/engine';
import { z } from 'zod';
import { Flag, many, PAGE, TimeParameter } from '../http/query.js';
import { Name, storableText } from '../http/text.js';

const MAX_TEXT_CHARS = 200;

/** `name:value`; the name has no colon, the value may. */
const LabelParameter = storableText(400).regex(/^[^:]+:./, 'expected name:value');

const StatusParameter = z.enum(STATUSES as [Status, ...Status[]]);

/** Filters of the list of transactions. */
export const ListQuery = z.strictObject({
  status: many(StatusParameter),
  definition: Name.optional(),
  label: many(LabelParameter),
  from: TimeParameter,
  to: TimeParameter,
  participant: Name.optional(),
  step: Name.optional(),
  q: storableText(MAX_TEXT_CHARS).optional(),
  counts: Flag,
  ...PAGE,
});

const MAX_VALUES = 20;

/** The same filters in a body; at least one. */
export const FilterBody = z
  .strictObject({
    status: z.array(StatusParameter).min(1).max(MAX_VALUES).optional(),
    definition: Name.optional(),
    label: z.array(LabelParameter).min(1).max(MAX_VALUES).optional().describe('`name:value`'),
    from: TimeParameter.describe('Started at or after.'),
    to: TimeParameter.describe('Started before.'),
    participant: Name.optional().describe('Waited for.'),
    step: Name.optional().describe('Waited for.'),
    q: storableText(MAX_TEXT_CHARS).optional(),
  })
  .refine((filter) => Object.keys(filter).length > 0, 'expected at least one condition');

/** The filter that a checked query or body asks for. */
export function filterOf(query: z.output<typeof FilterBody>): ListFilter {
  const { status, definition, label, from, to, participant, step, q } = query;
  const all = { definition, from, to, participant, step, text: q, statuses: status };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return { ...given, ...(label && { labels: labelsOf(label) }) };
}

function labelsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const colon = text.indexOf(':');
      return [text.slice(0, colon), text.slice(colon + 1)];
    }),
  );
}
