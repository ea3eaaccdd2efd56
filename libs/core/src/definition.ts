import {
  describe as describeSaga,
  identityOf as identityOfSaga,
  type SagaDescription,
} from './saga/describe.js';
import type { SagaDefinition } from './saga/define.js';
import type { TwoPhaseDefinition } from './two-phase/define.js';
import {
  describeTwoPhase,
  identityOfTwoPhase,
  type TwoPhaseDescription,
} from './two-phase/describe.js';

/** Anything a coordinator can run. */
export type Definition<Input = unknown> = SagaDefinition<Input> | TwoPhaseDefinition<Input>;

/** A definition as plain data: what is hashed, drawn, and shown by the API. */
export type Description = SagaDescription | TwoPhaseDescription;

/** The data of a definition. Its key order is fixed. */
export function describe(definition: SagaDefinition): SagaDescription;
export function describe(definition: TwoPhaseDefinition): TwoPhaseDescription;
export function describe(definition: Definition): Description;
export function describe(definition: Definition): Description {
  return definition.protocol === 'saga' ? describeSaga(definition) : describeTwoPhase(definition);
}

/**
 * What a definition's hash is taken of: its steps or branches, their operations and order, and the names
 * and protocol. Time-outs, retry policies and schemas may be tuned without a new version.
 */
export function identityOf(definition: Definition): string {
  return definition.protocol === 'saga'
    ? identityOfSaga(definition)
    : identityOfTwoPhase(definition);
}
