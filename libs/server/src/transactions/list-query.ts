import { STATUSES, type Status } from '@skald/core';
import type { ListFilter } from '@skald/engine';
import { z } from 'zod';
import { Flag, many, PAGE, TimeParameter } from '../http/query.js';
import { Name, storableText } from '../http/text.js';

const MAX_TEXT_CHARS = 200;

/** `name:value`; the name has no colon, the value may. */
const LabelParameter = storableText(400).regex(/^[^:]+:./, 'expected name:value');

/** Filters of the list of transactions. */
export const ListQuery = z.strictObject({
  status: many(z.enum(STATUSES as [Status, ...Status[]])),
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

/** The filter that a checked query asks for. */
export function filterOf(query: z.output<typeof ListQuery>): ListFilter {
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
