import type { components } from './schema.gen.js';

export type Problem = components['schemas']['Problem'];

/** A refusal by the coordinator: problem details (RFC 9457). */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
  }
}

/** Nobody, or somebody else, answered. Whether a command had an effect is then unknown. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'status' in value;
}

/** A second try can only help when nobody answered or the coordinator could not at that moment. */
export function isWorthRetrying(error: unknown): boolean {
  return !(error instanceof ApiProblem) || error.problem.status >= 500;
}

/** What to tell a human: the detail, and what to do about it. */
export function explain(error: unknown): { title: string; detail: string } {
  if (error instanceof ApiProblem) {
    return { title: error.problem.title, detail: error.problem.detail };
  }
  if (error instanceof Unreachable) {
    return {
      title: error.message,
      detail: 'Check that it runs and that this page still reaches it. It is asked again.',
    };
  }
  return { title: 'Something went wrong in this page', detail: String(error) };
}
