import type { ProblemCode } from '@skald/core';
import type { z } from 'zod';

/** One answer that is not an error. */
export interface Answer {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Default `application/json`. */
  readonly mediaType?: string;
}

/** What OpenAPI says of a route. The schemas are the ones that the handler checks with. */
export interface RouteDescription {
  readonly summary: string;
  readonly description?: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly headers?: Readonly<Record<string, string>>;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Codes it can report, besides those that every route can. */
  readonly problems?: readonly ProblemCode[];
}

const METADATA = Symbol('skald route description');

/** Describes a route for OpenAPI, beside its handler. A route without it is a failing test. */
export function Describe(description: RouteDescription): MethodDecorator {
  return (_target, _name, descriptor) => {
    Reflect.defineMetadata(METADATA, description, descriptor.value as object);
  };
}

/** The description of a handler, if it has one. */
export function descriptionOf(handler: object): RouteDescription | undefined {
  return Reflect.getMetadata(METADATA, handler) as RouteDescription | undefined;
}
