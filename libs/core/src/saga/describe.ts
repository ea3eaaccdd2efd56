import { jsonSchema } from '../schema.js';
import { operationName } from '../mapped-command.js';
import { describeBranch, type BranchDescription } from '../two-phase/describe.js';
import type { AtomicGroup } from './atomic-group.js';
import type { SagaDefinition, StepDefinition } from './define.js';

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
  /** `participant.operation`; null for an atomic step, of which the branches say it. */
  readonly action: string | null;
  readonly compensation: string | null;
  /** Of an atomic step: the time within which all must have voted. */
  readonly timeoutMs: number;
  /** Of an atomic step: rounds. */
  readonly maxAttempts: number;
  /** Of an atomic step alone. */
  readonly branches?: readonly AtomicBranchDescription[];
}

export interface AtomicBranchDescription extends BranchDescription {
  readonly compensation: string | null;
}

/** The data of a saga definition. Its key order is fixed, so that its JSON can be hashed. */
export function describe(definition: SagaDefinition): SagaDescription {
  return {
    protocol: definition.protocol,
    name: definition.name,
    version: definition.version,
    deadlineMs: definition.deadlineMs,
    inputSchema: jsonSchema(definition.input),
    steps: definition.steps.map(describeStep),
  };
}

function describeStep(step: StepDefinition): StepDescription {
  const { name, kind, action, compensation, group } = step;
  if (group) return { name, kind, ...describeGroup(group) };
  return {
    name,
    kind,
    action: operationName(action),
    compensation: compensation ? operationName(compensation) : null,
    timeoutMs: action.timeoutMs,
    maxAttempts: action.retry.maxAttempts,
  };
}

function describeGroup({ branches, deadlineMs, maxRounds }: AtomicGroup) {
  return {
    action: null,
    compensation: null,
    timeoutMs: deadlineMs,
    maxAttempts: maxRounds,
    branches: branches.map((branch) => ({
      ...describeBranch(branch),
      compensation: branch.compensation ? operationName(branch.compensation) : null,
    })),
  };
}

/**
 * What a definition's hash is taken of: its steps, their kinds, operations and order, and the names and
 * protocol. Time-outs, retry policies and schemas may be tuned without a new version.
 */
export function identityOf(definition: SagaDefinition): string {
  const { protocol, name, version, steps } = describe(definition);
  const path = steps.map(({ name: step, kind, action, compensation, branches }) => [
    step,
    kind,
    ...(branches?.map((one) => [one.name, one.operation, one.compensation]) ?? [
      action,
      compensation,
    ]),
  ]);
  return JSON.stringify([protocol, name, version, path]);
}
