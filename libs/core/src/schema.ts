import { DefinitionError, describeThrown, type FieldError } from './errors.js';
import { sampleOf } from './schema-sample.js';

/** What we need of a schema: Standard Schema 1 with its JSON Schema extension (zod 4.6 and later have both). */
export interface Schema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Result<Output> | Promise<Result<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly jsonSchema?: JsonSchemaConverter | undefined;
  };
}

interface JsonSchemaConverter {
  readonly input: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>;
  readonly output: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>;
}

type Result<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly Issue[] };

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  /** Of zod, for keys that the schema does not know: it reports them at their object. */
  readonly keys?: readonly string[] | undefined;
}

export type InputOf<S extends Schema> = NonNullable<S['~standard']['types']>['input'];
export type OutputOf<S extends Schema> = NonNullable<S['~standard']['types']>['output'];

export type Validated<Output> =
  | { readonly ok: true; readonly value: Output }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Checks `value` against `schema`. Never throws: a schema that throws counts as one error at the root. */
export function validate<Output>(
  schema: Schema<unknown, Output>,
  value: unknown,
): Validated<Output> {
  try {
    const result = schema['~standard'].validate(value);
    if (result instanceof Promise) {
      result.catch(() => undefined);
      return rootError('the schema validates asynchronously');
    }
    if (!result.issues) return { ok: true, value: result.value };
    return { ok: false, errors: result.issues.flatMap(toFieldErrors) };
  } catch (error) {
    return rootError(describeThrown(error));
  }
}

/** The JSON Schema (draft 2020-12) of what `schema` accepts. */
export function jsonSchema(schema: Schema<unknown, unknown>): Record<string, unknown> {
  return schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' }) ?? {};
}

/** @throws DefinitionError unless `schema` validates synchronously and offers JSON Schema. */
export function assertUsable(schema: Schema<unknown, unknown>, where: string): void {
  const standard = (schema as Partial<Schema> | undefined)?.['~standard'];
  if (!standard) throw new DefinitionError(`${where}: expected a Standard Schema`);
  if (!standard.jsonSchema) {
    throw new DefinitionError(
      `${where}: the schema library ${standard.vendor} offers no JSON Schema`,
    );
  }
  try {
    standard.jsonSchema.input({ target: 'draft-2020-12' });
  } catch (error) {
    throw new DefinitionError(`${where}: the schema has no JSON Schema: ${describeThrown(error)}`);
  }
  if (validatesAsynchronously(standard, sampleOf(jsonSchema(schema)))) {
    throw new DefinitionError(
      `${where}: the schema validates asynchronously, which is not supported`,
    );
  }
}

/** Asked with nothing, and with a value of the right shape: refinements run on no other. */
function validatesAsynchronously(standard: Schema['~standard'], sample: unknown): boolean {
  return [undefined, sample].some((value) => {
    try {
      const result = standard.validate(value);
      if (!(result instanceof Promise)) return false;
      result.catch(() => undefined);
      return true;
    } catch {
      return false; // Refinements may throw on a sample; validate() turns that into an error.
    }
  });
}

/** RFC 6901 pointer of a path. */
export function pointerOf(path: readonly (string | number)[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function toFieldErrors(issue: Issue): readonly FieldError[] {
  const path = (issue.path ?? []).map((part) => {
    const key = typeof part === 'object' ? part.key : part;
    return typeof key === 'number' ? key : String(key);
  });
  if (Array.isArray(issue.keys)) {
    return issue.keys.map((key) => ({
      pointer: pointerOf([...path, String(key)]),
      detail: 'unknown key',
    }));
  }
  return [{ pointer: pointerOf(path), detail: issue.message }];
}

function rootError(detail: string): Validated<never> {
  return { ok: false, errors: [{ pointer: '', detail }] };
}
