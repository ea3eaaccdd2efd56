type JsonSchema = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 8;

/**
 * A value of the shape that a JSON Schema describes: right types and required fields, whatever their
 * patterns and bounds say. Good enough to make a schema's refinements run; never throws.
 */
export function sampleOf(schema: JsonSchema): unknown {
  return sample(schema, schema, 0);
}

function sample(schema: unknown, root: JsonSchema, depth: number): unknown {
  if (typeof schema !== 'object' || schema === null || depth > MAX_DEPTH) return null;
  const known = schema as JsonSchema;
  if ('const' in known) return known['const'];
  if ('default' in known) return known['default'];
  for (const choices of [known['enum'], known['examples']]) {
    if (Array.isArray(choices) && choices.length > 0) return choices[0] as unknown;
  }
  const nested = nestedIn(known, root);
  return nested === undefined ? ofType(known, root, depth) : sample(nested, root, depth + 1);
}

/** The schema that stands in for this one: the first alternative, or what it refers to. */
function nestedIn(schema: JsonSchema, root: JsonSchema): unknown {
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const choices = schema[key];
    if (Array.isArray(choices) && choices.length > 0) return choices[0];
  }
  const reference = schema['$ref'];
  if (reference === '#') return root;
  if (typeof reference !== 'string') return undefined;
  const definitions = root['$defs'] as JsonSchema | undefined;
  return definitions?.[reference.replace('#/$defs/', '')];
}

function ofType(schema: JsonSchema, root: JsonSchema, depth: number): unknown {
  const type: unknown = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  switch (type) {
    case 'object':
      return ofProperties(schema['properties'], root, depth);
    case 'array':
      return itemsOf(schema).map((item) => sample(item, root, depth + 1));
    case 'string':
      return 'a';
    case 'number':
    case 'integer':
      return 1;
    case 'boolean':
      return true;
    default:
      return null;
  }
}

function itemsOf({ prefixItems, items }: JsonSchema): readonly unknown[] {
  return Array.isArray(prefixItems) ? prefixItems : [items];
}

function ofProperties(properties: unknown, root: JsonSchema, depth: number): unknown {
  if (typeof properties !== 'object' || properties === null) return {};
  const entries = Object.entries(properties).map(([name, inner]): [string, unknown] => [
    name,
    sample(inner, root, depth + 1),
  ]);
  return Object.fromEntries(entries);
}
