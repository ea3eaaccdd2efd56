import { operationName } from '../mapped-command.js';
import { jsonSchema } from '../schema.js';
import type { TwoPhaseDefinition } from './define.js';
import type { BranchDefinition } from './group-state.js';

/** A two-phase definition as plain data. Mappings are not part of it. */
export interface TwoPhaseDescription {
  readonly protocol: 'two-phase';
  readonly name: string;
  readonly version: number;
  readonly deadlineMs: number;
  readonly inputSchema: Record<string, unknown>;
  readonly maxRounds: number;
  readonly branches: readonly BranchDescription[];
}

export interface BranchDescription {
  readonly name: string;
  /** `participant.operation`. */
  readonly operation: string;
  readonly timeoutMs: number;
  /** Prepares in one round. */
  readonly maxAttempts: number;
}

/** The data of a two-phase definition. */
export function describeTwoPhase(definition: TwoPhaseDefinition): TwoPhaseDescription {
  return {
    protocol: definition.protocol,
    name: definition.name,
    version: definition.version,
    deadlineMs: definition.deadlineMs,
    inputSchema: jsonSchema(definition.input),
    maxRounds: definition.maxRounds,
    branches: definition.branches.map(describeBranch),
  };
}

/** The data of a branch, wherever its group stands. */
export function describeBranch({ name, command }: BranchDefinition): BranchDescription {
  const { timeoutMs, retry } = command;
  return { name, operation: operationName(command), timeoutMs, maxAttempts: retry.maxAttempts };
}

/** What its hash is taken of: names, operations and order of the branches. */
export function identityOfTwoPhase({
  protocol,
  name,
  version,
  branches,
}: TwoPhaseDefinition): string {
  const path = branches.map((branch) => [branch.name, operationName(branch.command)]);
  return JSON.stringify([protocol, name, version, path]);
}
