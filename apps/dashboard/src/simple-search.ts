import { z } from './api/zod.js';

const text = z.catch(z.optional(z.string()), undefined);

type Parameters = Readonly<Record<string, unknown>>;

/** Of the audit: whose rows. */
export function auditSearchOf(parameters: Parameters) {
  return z.parse(z.object({ object: text }), parameters);
}

/** Of the dead letters and of the batches: the open one. */
export function openSearchOf(parameters: Parameters) {
  return z.parse(z.object({ id: text }), parameters);
}

/** Of a definition: the version; the newest without one. */
export function definitionSearchOf(parameters: Parameters): { version?: number | undefined } {
  const version = Number(parameters['version']);
  return { version: Number.isSafeInteger(version) && version > 0 ? version : undefined };
}

/** Of a start: what, and after the model of which transaction. */
export function startSearchOf(parameters: Parameters) {
  return z.parse(z.object({ definition: text, like: text }), parameters);
}
