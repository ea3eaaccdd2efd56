import { CoordinatorError, jsonSchema, validate, type FieldError, type Schema } from '@skald/core';
import { expectationOf, isMet, resolved, rootOf, type JsonSchemaNode } from './expectation.js';

const MAX_LISTED = 20;
const MAX_SHOWN_CHARS = 60;

/**
 * `value` as `schema` gives it.
 *
 * @throws CoordinatorError REQUEST_INVALID with every wrong field.
 */
export function checked<Output>(schema: Schema<unknown, Output>, value: unknown): Output {
  const result = validate(schema, value);
  if (result.ok) return result.value;
  throw requestInvalid(result.errors, { value, schema: jsonSchema(schema) });
}

/** What was checked, so that an answer can say what was expected and what came. */
export interface Checked {
  readonly value: unknown;
  readonly schema: JsonSchemaNode;
}

/** One error for all wrong fields, each told as `path: expected X, got Y`. */
export function requestInvalid(
  errors: readonly FieldError[],
  { value, schema }: Checked,
): CoordinatorError {
  const told = errors.slice(0, MAX_LISTED).map((error) => tell(error, value, schema));
  const errorsTold = told.map(({ pointer, detail }) => ({ pointer, detail }));
  const more = errors.length > MAX_LISTED ? [`and ${errors.length - MAX_LISTED} more`] : [];
  const detail = [...told.map(({ line }) => line), ...more].join('; ');
  return new CoordinatorError('REQUEST_INVALID', detail, { errors: errorsTold });
}

/** One wrong field outside the body: a header, a path or a query parameter. */
export function wrongField(name: string, expected: string, got: unknown): CoordinatorError {
  const detail = `${name}: ${expected}, got ${show(got)}`;
  const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return new CoordinatorError('REQUEST_INVALID', detail, {
    errors: [{ pointer, detail: expected }],
  });
}

function tell(error: FieldError, value: unknown, root: JsonSchemaNode) {
  const keys = keysOf(error.pointer);
  const got = valueAt(value, keys);
  const node = nodeAt(root, keys);
  const expected = node && !isMet(node, got) ? expectationOf(node) : undefined;
  const path = pathOf(keys) || 'body';
  if (expected === undefined) {
    return { ...error, line: `${path}: ${error.detail}` };
  }
  const detail = `expected ${expected}`;
  return { pointer: error.pointer, detail, line: `${path}: ${detail}, got ${show(got)}` };
}

function keysOf(pointer: string): readonly string[] {
  if (pointer === '') return [];
  const keys = pointer.slice(1).split('/');
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** `input.items[0].quantity` */
function pathOf(keys: readonly string[]): string {
  const parts = keys.map((key, index) => {
    if (/^\d+$/.test(key)) return `[${key}]`;
    return index === 0 ? key : `.${key}`;
  });
  return parts.join('');
}

function valueAt(value: unknown, keys: readonly string[]): unknown {
  let at = value;
  for (const key of keys) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return at;
}

function nodeAt(root: JsonSchemaNode, keys: readonly string[]): JsonSchemaNode | undefined {
  let node: JsonSchemaNode | undefined = rootOf(root);
  for (const key of keys) node = node && resolved(root, childOf(node, key));
  return node;
}

function childOf(node: JsonSchemaNode, key: string): JsonSchemaNode | undefined {
  const { properties, additionalProperties: others } = node;
  if (properties && Object.hasOwn(properties, key)) return properties[key];
  if (node.type === 'array') return node.items;
  return typeof others === 'object' ? others : undefined;
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const json = JSON.stringify(value);
  return json.length > MAX_SHOWN_CHARS ? `${json.slice(0, MAX_SHOWN_CHARS)}…` : json;
}
