/** The keywords of JSON Schema (2020-12) that error texts are made of. */
export interface JsonSchemaNode {
  readonly type?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchemaNode>>;
  readonly items?: JsonSchemaNode;
  readonly additionalProperties?: JsonSchemaNode | boolean;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchemaNode>>;
}

const FORMATS: Readonly<Record<string, string>> = { uuid: 'UUID', 'date-time': 'RFC 3339 time' };

/** What `node` expects, in words (`int > 0`); undefined when these keywords do not say it. */
export function expectationOf(node: JsonSchemaNode): string | undefined {
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum) return `one of ${node.enum.map((value) => JSON.stringify(value)).join(', ')}`;
  switch (node.type) {
    case 'integer':
      return `int${range(node)}`;
    case 'number':
      return `number${range(node)}`;
    case 'string':
      return (
        FORMATS[node.format ?? ''] ?? `string${span(node.minLength, node.maxLength, 'characters')}`
      );
    case 'array':
      return `array${span(node.minItems, node.maxItems, 'items')}`;
    case 'object':
    case 'boolean':
      return node.type;
    default:
      return undefined;
  }
}

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchemaNode): string {
  const bounds = [
    exclusiveMinimum === undefined ? [] : [`> ${exclusiveMinimum}`],
    isBound(minimum) ? [`>= ${minimum}`] : [],
    exclusiveMaximum === undefined ? [] : [`< ${exclusiveMaximum}`],
    isBound(maximum) ? [`<= ${maximum}`] : [],
  ].flat();
  return bounds.length === 0 ? '' : ` ${bounds.join(' and ')}`;
}

/** Limits of the number format itself tell a reader nothing. */
function isBound(limit: number | undefined): limit is number {
  return limit !== undefined && Math.abs(limit) !== Number.MAX_SAFE_INTEGER;
}

function span(least: number | undefined, most: number | undefined, unit: string): string {
  if (least === undefined && most === undefined) return '';
  if (most === undefined) return ` of at least ${least ?? 0} ${unit}`;
  if (least === undefined || least === 0) return ` of at most ${most} ${unit}`;
  return ` of ${least} to ${most} ${unit}`;
}

/** Whether `value` has what `expectationOf` names: then something else is wrong with it. */
export function isMet(node: JsonSchemaNode, value: unknown): boolean {
  if (node.const !== undefined) return value === node.const;
  if (node.enum) return node.enum.includes(value);
  return CHECKS[String(node.type)]?.(node, value) ?? true;
}

const CHECKS: Readonly<Record<string, (node: JsonSchemaNode, value: unknown) => boolean>> = {
  integer: (node, value) => Number.isInteger(value) && isInRange(node, value as number),
  number: (node, value) => typeof value === 'number' && isInRange(node, value),
  string: (node, value) => typeof value === 'string' && !isKnown(node.format) && fits(node, value),
  array: (node, value) =>
    Array.isArray(value) && isWithin(value.length, node.minItems, node.maxItems),
  object: (_node, value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  boolean: (_node, value) => typeof value === 'boolean',
};

/** A value in a known format would not have been refused. */
function isKnown(format = ''): boolean {
  return format in FORMATS;
}

function fits({ minLength, maxLength }: JsonSchemaNode, value: string): boolean {
  return isWithin(value.length, minLength, maxLength);
}

function isWithin(length: number, least = 0, most = Number.POSITIVE_INFINITY): boolean {
  return length >= least && length <= most;
}

function isInRange(node: JsonSchemaNode, value: number): boolean {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = node;
  if (minimum !== undefined && value < minimum) return false;
  if (maximum !== undefined && value > maximum) return false;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return false;
  return exclusiveMaximum === undefined || value < exclusiveMaximum;
}

/** `node`, or what it refers to among the `$defs` of `root`. */
export function resolved(
  root: JsonSchemaNode,
  node: JsonSchemaNode | undefined,
): JsonSchemaNode | undefined {
  const name = /^#\/\$defs\/(.+)$/.exec(node?.$ref ?? '')?.[1];
  return name === undefined ? node : root.$defs?.[name];
}

/** The schema itself, where a named one is only referred to. */
export function rootOf(schema: JsonSchemaNode): JsonSchemaNode {
  return resolved(schema, schema) ?? schema;
}
