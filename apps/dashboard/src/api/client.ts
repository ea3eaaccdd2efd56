import createClient from 'openapi-fetch';
import { ApiProblem, isProblem, Unreachable } from './problem.js';
import type { components, paths } from './schema.gen.js';

export type Schemas = components['schemas'];

/** The coordinator's API, by paths and shapes of its own OpenAPI document. */
export const api = createClient<paths>({
  baseUrl: location.origin,
  querySerializer: { array: { style: 'form', explode: true } },
});

interface Answer<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/**
 * The body of a good answer.
 *
 * @throws ApiProblem when the coordinator refused; Unreachable when it gave no answer of its own.
 */
export async function bodyOf<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  const answer = await call.catch((error: unknown) => {
    throw new Unreachable('The coordinator does not answer', { cause: error });
  });
  if (answer.response.ok && answer.data !== undefined) return answer.data;
  if (isProblem(answer.error)) throw new ApiProblem(answer.error);
  throw new Unreachable(`Something answered ${answer.response.status} in the coordinator's place`);
}
