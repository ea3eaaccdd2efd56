import { jsonSchema } from '../schema.js';
import { operationName } from '../mapped-command.js';
import type { SagaDefinition } from './define.js';

/** A definition as plain data: what is hashed, drawn, and shown by the API. Mappings are not part of it. */
export interface SagaDescription {
  readonly protocol: 'saga';
  readonly name: string;
  readonly version: number;
  readonly deadlineMs: number;
  readonly inputSchema: Record<string, unknown>;
  readonly steps: readonly StepDescription[];
}

export interface StepDescription {
  readonly name: string;
  readonly kind: string;
  /** `participant.operation`. */
  readonly action: string;
  readonly compensation: string | null;
  readonly timeoutMs: number;
  readonly maxAttempts: number;
}

/** The data of a saga definition. Its key order is fixed, so that its JSON can be hashed. */
export function describe(definition: SagaDefinition): SagaDescription {
  return {
    protocol: definition.protocol,
    name: definition.name,
    version: definition.version,
    deadlineMs: definition.deadlineMs,
    inputSchema: jsonSchema(definition.input),
    steps: definition.steps.map((step) => ({
      name: step.name,
      kind: step.kind,
      action: operationName(step.action),
      compensation: step.compensation ? operationName(step.compensation) : null,
      timeoutMs: step.action.timeoutMs,
      maxAttempts: step.action.retry.maxAttempts,
    })),
  };
}

/**
 * What a definition's hash is taken of: its steps, their kinds, operations and order, and the names and
 * protocol. Time-outs, retry policies and schemas may be tuned without a new version.
 */
export function identityOf(definition: SagaDefinition): string {
  const { protocol, name, version, steps } = describe(definition);
  const path = steps.map(({ name: step, kind, action, compensation }) => [
    step,
    kind,
    action,
    compensation,
  ]);
  return JSON.stringify([protocol, name, version, path]);
}
