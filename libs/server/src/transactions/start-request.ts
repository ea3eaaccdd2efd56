import {
  asTransactionId,
  CoordinatorError,
  jsonSchema,
  validate,
  type FieldError,
  type TransactionId,
} from '@skald/core';
import type { BeginRequest, Coordinator } from '@skald/engine';
import { z } from 'zod';
import { requestHashOf } from '../http/canonical-json.js';
import { requestInvalid, wrongField } from '../http/field-errors.js';
import { rootOf, type JsonSchemaNode } from '../http/expectation.js';
import type { Preferences } from '../http/preferences.js';
import { Name, storableText } from '../http/text.js';
import { LOCAL_PRINCIPAL } from '../options.js';
import { idOfKey } from './uuid.js';

const MAX_LABELS = 16;
const MAX_LABEL_CHARS = 256;

const LabelName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/,
    'expected a label name ([A-Za-z0-9._/-], at most 63)',
  );

const Labels = z
  .record(LabelName, storableText(MAX_LABEL_CHARS))
  .refine(
    (labels) => Object.keys(labels).length <= MAX_LABELS,
    `expected at most ${MAX_LABELS} labels`,
  );

/** Body of a start. `input` is checked by the definition's own schema. */
export const StartRequest = z
  .strictObject({
    definition: Name,
    definitionVersion: z
      .int()
      .min(1)
      .optional()
      .describe('The newest registered version by default.'),
    input: z.unknown().describe("Checked by the definition's input schema."),
    labels: Labels.optional().describe('At most 16, text to text; to find transactions by.'),
    deadline: z.iso
      .datetime({ offset: true })
      .optional()
      .describe("When it turns back by itself; the definition's own by default."),
  })
  .meta({ id: 'StartRequest' });

export type StartRequest = z.output<typeof StartRequest>;

/** A start as it came in. */
export interface Start {
  readonly id: TransactionId;
  /** Not checked yet. */
  readonly body: unknown;
  /** Whether the id stands for an `Idempotency-Key`. */
  readonly isKeyed: boolean;
  readonly preferences: Preferences;
}

/**
 * A start as the engine takes it, from a body that is not checked yet.
 *
 * @throws CoordinatorError REQUEST_INVALID with every wrong field, those of `input` included.
 */
export function beginRequestOf(
  { id, body, preferences }: Start,
  coordinator: Coordinator,
): BeginRequest {
  const result = validate(StartRequest, body);
  if (!result.ok) throw wrongStart([...result.errors, ...inputErrors(body, coordinator)], body);
  const { definition, definitionVersion, input, labels, deadline } = result.value;
  return {
    id,
    definition,
    ...(definitionVersion !== undefined && { definitionVersion }),
    input: input === undefined ? null : input,
    labels: labels ?? {},
    ...(deadline !== undefined && { deadline: Date.parse(deadline) }),
    requestHash: requestHashOf(body),
    startedBy: LOCAL_PRINCIPAL,
    // Only a full answer tells of the history, which is kept in memory for it.
    isAwaited: preferences.waitSeconds !== undefined && !preferences.isMinimal,
  };

  function wrongStart(errors: readonly FieldError[], value: unknown) {
    return requestInvalid(errors, { value, schema: schemaOf(value, coordinator) });
  }
}

/** The engine found the input wrong: the same in the words of the whole body. */
export function explainInput(
  error: CoordinatorError,
  body: unknown,
  coordinator: Coordinator,
): CoordinatorError {
  const { errors } = error.context;
  if (error.code !== 'REQUEST_INVALID' || !errors) return error;
  return requestInvalid(errors, { value: body, schema: schemaOf(body, coordinator) });
}

function definitionIn(body: unknown, coordinator: Coordinator) {
  const { definition, definitionVersion } = { ...(body as Partial<StartRequest> | null) };
  if (typeof definition !== 'string') return undefined;
  const version = typeof definitionVersion === 'number' ? definitionVersion : undefined;
  return coordinator.definitions.find(definition, version)?.definition;
}

function inputErrors(body: unknown, coordinator: Coordinator): readonly FieldError[] {
  const definition = definitionIn(body, coordinator);
  if (!definition) return [];
  const result = validate(definition.input, (body as Partial<StartRequest>).input);
  if (result.ok) return [];
  return result.errors.map(({ pointer, detail }) => ({ pointer: `/input${pointer}`, detail }));
}

function schemaOf(body: unknown, coordinator: Coordinator): JsonSchemaNode {
  const envelope = rootOf(jsonSchema(StartRequest));
  const definition = definitionIn(body, coordinator);
  if (!definition) return envelope;
  const input: JsonSchemaNode = jsonSchema(definition.input);
  return {
    ...envelope,
    properties: { ...envelope.properties, input },
    ...(input.$defs && { $defs: input.$defs }),
  };
}

/** The id in a path. @throws CoordinatorError REQUEST_INVALID naming `id`. */
export function transactionIdIn(text: string): TransactionId {
  const id = asTransactionId(text);
  if (!id) throw wrongField('id', 'expected a UUID', text);
  return id;
}

const MAX_KEY_CHARS = 255;

/** The id that an `Idempotency-Key` stands for. @throws CoordinatorError REQUEST_INVALID when unusable. */
export function idOfIdempotencyKey(header: string | string[]): TransactionId {
  const key = typeof header === 'string' ? header : header.join(', ');
  if (key.length > MAX_KEY_CHARS || !/^[\x21-\x7e]+$/.test(key)) {
    const expected = `expected 1 to ${MAX_KEY_CHARS} visible ASCII characters`;
    throw wrongField('Idempotency-Key', expected, header);
  }
  return idOfKey(LOCAL_PRINCIPAL, key);
}
