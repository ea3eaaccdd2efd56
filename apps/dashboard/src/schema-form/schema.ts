/** The part of JSON Schema 2020-12 that a form is made of. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

export type FieldKind = 'object' | 'array' | 'choice' | 'text' | 'number' | 'switch' | 'json';

const KINDS: Readonly<Record<string, FieldKind>> = {
  object: 'object',
  array: 'array',
  string: 'text',
  number: 'number',
  integer: 'number',
  boolean: 'switch',
};

/** A schema with its reference followed, within `root`. */
export function resolved(schema: Schema, root: Schema): Schema {
  const name = /^#\/\$defs\/(.+)$/.exec(schema.$ref ?? '')?.[1];
  const target = name === undefined ? undefined : root.$defs?.[name];
  return target ? { ...target, ...without$ref(schema) } : schema;
}

function without$ref({ $ref: _, ...rest }: Schema): Schema {
  return rest;
}

/** By which kind of field a value is entered; `json` for what has no simpler one. */
export function kindOf(schema: Schema): FieldKind {
  if (schema.enum) return 'choice';
  if (schema.type === 'object' && !schema.properties) return 'json';
  if (schema.type === 'array' && !schema.items) return 'json';
  return typeof schema.type === 'string' ? (KINDS[schema.type] ?? 'json') : 'json';
}

/** A value to begin with: what is required, empty; what is optional, left out. */
export function emptyOf(schema: Schema, root: Schema = schema): unknown {
  const own = resolved(schema, root);
  const given = own.default ?? own.const;
  return given === undefined ? EMPTY[kindOf(own)](own, root) : given;
}

const EMPTY: Readonly<Record<FieldKind, (own: Schema, root: Schema) => unknown>> = {
  object: ({ required = [], properties = {} }, root) =>
    Object.fromEntries(required.map((name) => [name, emptyOf(properties[name] ?? {}, root)])),
  array: ({ minItems = 0, items = {} }, root) =>
    Array.from({ length: minItems }, () => emptyOf(items, root)),
  choice: (own) => own.enum?.[0],
  text: () => '',
  number: leastOf,
  switch: () => false,
  json: () => null,
};

function leastOf({ minimum, exclusiveMinimum }: Schema): number {
  return minimum ?? (exclusiveMinimum === undefined ? 0 : exclusiveMinimum + 1);
}

/** What a field takes, in words. */
export function hintOf(schema: Schema): string {
  const { description, minimum, exclusiveMinimum, maximum, pattern, format, maxLength } = schema;
  const facts = [
    description,
    format && `a ${format}`,
    // Numbers that JavaScript just happens to be able to hold say nothing to anybody.
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && `at least ${minimum}`,
    exclusiveMinimum !== undefined && `more than ${exclusiveMinimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `at most ${maximum}`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    pattern && !format && `matches ${pattern}`,
  ];
  return facts.filter(Boolean).join('; ');
}
