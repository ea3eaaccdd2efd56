import { RequestMethod, type Type } from '@nestjs/common';
import { PROBLEMS, type ProblemCode } from '@skald/core';
import { z } from 'zod';
import { descriptionOf, type Answer, type RouteDescription } from './describe.js';
import { ProblemDocument } from './problem.schema.js';

/** Problems that any route may answer with. */
const EVERYWHERE: readonly ProblemCode[] = [
  'REQUEST_INVALID',
  'HOST_NOT_ALLOWED',
  'INTERNAL',
  'STORE_UNAVAILABLE',
];
const WITH_BODY: readonly ProblemCode[] = [
  'BODY_TOO_LARGE',
  'MEDIA_TYPE_UNSUPPORTED',
  'ORIGIN_NOT_ALLOWED',
];

type Json = Readonly<Record<string, unknown>>;

/** The OpenAPI 3.1 document of the routes of `controllers`, made of the schemas that they check with. */
export function openApiDocument(controllers: readonly Type[], version: string): Json {
  const schemas = new Schemas();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routesOf(controllers)) {
    const operation = operationOf(route, schemas);
    paths[route.path] = { ...paths[route.path], [route.method]: operation };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Skald coordinator',
      version,
      description:
        'Starts, shows and steers distributed transactions. Errors are problem details (RFC 9457); ' +
        'times are RFC 3339 in UTC, durations are in ms.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: { schemas: schemas.all() },
  };
}

interface Route {
  readonly path: string;
  readonly method: string;
  readonly tag: string;
  readonly name: string;
  readonly description: RouteDescription;
}

function routesOf(controllers: readonly Type[]): Route[] {
  return controllers.flatMap((controller) => {
    const prefix = pathOf(controller);
    const prototype = controller.prototype as Readonly<Record<string, object>>;
    return Object.getOwnPropertyNames(prototype).flatMap((name): Route[] => {
      const handler = prototype[name];
      const description = handler && descriptionOf(handler);
      if (!description) return [];
      const path = `${prefix}${pathOf(handler)}`.replaceAll(/:(\w+)/g, '{$1}');
      const method = methodOf(handler);
      const tag = path.split('/')[path.startsWith('/v1') ? 2 : 1] ?? 'other';
      return [{ path, method, tag, name: `${tag}-${name}`, description }];
    });
  });
}

function pathOf(target: object): string {
  const path = (Reflect.getMetadata('path', target) as string | undefined) ?? '/';
  return path === '/' ? '' : `/${path}`;
}

function methodOf(handler: object): string {
  const method = Reflect.getMetadata('method', handler) as RequestMethod;
  return RequestMethod[method].toLowerCase();
}

function operationOf({ path, tag, name, description }: Route, schemas: Schemas): Json {
  const { summary, description: text, body, answers, problems = [] } = description;
  const codes = [...EVERYWHERE, ...(body ? WITH_BODY : []), ...problems];
  return {
    operationId: name,
    tags: [tag],
    summary,
    ...(text !== undefined && { description: text }),
    parameters: parametersOf(path, description, schemas),
    ...(body && { requestBody: { required: true, content: jsonOf(schemas.inputRef(body)) } }),
    responses: { ...problemAnswers(codes, schemas), ...plainAnswers(answers, schemas) },
  };
}

function parametersOf(path: string, { query, headers = {} }: RouteDescription, schemas: Schemas) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inHeader = Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(query ? schemas.properties(query) : {}).map(([name, schema]) => {
    const { description, ...rest } = schema;
    return { name, in: 'query', required: false, description, schema: rest };
  });
  return [...inPath, ...inHeader, ...inQuery];
}

function plainAnswers(answers: RouteDescription['answers'], schemas: Schemas): Json {
  const entries = Object.entries<Answer>(answers);
  return Object.fromEntries(
    entries.map(([status, { description, schema, mediaType = 'application/json' }]) => {
      const content = { [mediaType]: { schema: schema ? schemas.outputRef(schema) : {} } };
      return [status, { description, content }];
    }),
  );
}

function problemAnswers(codes: readonly ProblemCode[], schemas: Schemas): Json {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of new Set(codes)) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const content = { 'application/problem+json': { schema: schemas.outputRef(ProblemDocument) } };
  return Object.fromEntries(
    [...byStatus].map(([status, all]) => [
      String(status),
      { description: all.join(', '), content },
    ]),
  );
}

function jsonOf(schema: Json): Json {
  return { 'application/json': { schema } };
}

/** JSON Schemas of what is described; those with an id become components. */
class Schemas {
  private readonly named = new Map<string, Json>();

  inputRef(schema: z.ZodType): Json {
    return this.ref(schema, 'input');
  }

  outputRef(schema: z.ZodType): Json {
    return this.ref(schema, 'output');
  }

  properties(query: z.ZodObject): Readonly<Record<string, Json>> {
    const { properties = {} } = z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' });
    return properties as Readonly<Record<string, Json>>;
  }

  all(): Json {
    return Object.fromEntries([...this.named].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private ref(schema: z.ZodType, io: 'input' | 'output'): Json {
    const {
      $schema: _dialect,
      $defs,
      id,
      ...own
    } = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
    }) as Json & { $defs?: Record<string, Json>; id?: string };
    for (const [name, definition] of Object.entries($defs ?? {})) this.name(name, definition);
    if (id === undefined) return moved(own);
    this.name(id, own);
    return { $ref: `#/components/schemas/${id}` };
  }

  private name(id: string, schema: Json): void {
    const { id: _id, ...rest } = schema;
    this.named.set(id, moved(rest));
  }
}

/** References into a schema's own `$defs` lead to the components instead. */
function moved(schema: Json): Json {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/');
  return JSON.parse(text) as Json;
}
