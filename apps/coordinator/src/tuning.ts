import type {
  Definition,
  RetryPolicy,
  SagaDefinition,
  StepCommand,
  StepDefinition,
  StepKind,
  TwoPhaseDefinition,
} from '@skald/core';
import type { Config } from './config.js';

/** What the environment overrides in every definition. A definition's hash does not change by it. */
type Tuning = Pick<
  Config,
  | 'SKALD_STEP_TIMEOUT_MS'
  | 'SKALD_RETRY_ATTEMPTS_BEFORE_PIVOT'
  | 'SKALD_RETRY_ATTEMPTS_FROM_PIVOT'
  | 'SKALD_RETRY_INITIAL_MS'
  | 'SKALD_RETRY_CAP_MS'
  | 'SKALD_DEADLINE_MS'
>;

/** `definition` with the times and attempts that the environment says. */
export function tuned(definition: Definition, tuning: Tuning): Definition {
  return definition.protocol === 'saga'
    ? tunedSaga(definition, tuning)
    : tunedTwoPhase(definition, tuning);
}

function tunedSaga(definition: SagaDefinition, tuning: Tuning): SagaDefinition {
  return {
    ...definition,
    deadlineMs: tuning.SKALD_DEADLINE_MS ?? definition.deadlineMs,
    steps: definition.steps.map((step) => tunedStep(step, tuning)),
  };
}

function tunedStep(step: StepDefinition, tuning: Tuning): StepDefinition {
  const undo = (compensation: StepCommand | undefined) =>
    compensation && tunedCommand(compensation, tuning, false);
  if (!step.group) {
    const action = tunedCommand(step.action, tuning, isBeforePivot(step.kind));
    return { ...step, action, compensation: undo(step.compensation) };
  }
  const branches = step.group.branches.map((branch) => ({
    ...branch,
    command: tunedCommand(branch.command, tuning, true),
    compensation: undo(branch.compensation),
  }));
  return { ...step, group: { ...step.group, branches } };
}

/** Prepares are asked as what comes before a pivot; decisions are told without a bound. */
function tunedTwoPhase(definition: TwoPhaseDefinition, tuning: Tuning): TwoPhaseDefinition {
  return {
    ...definition,
    deadlineMs: tuning.SKALD_DEADLINE_MS ?? definition.deadlineMs,
    branches: definition.branches.map((branch) => ({
      ...branch,
      command: tunedCommand(branch.command, tuning, true),
    })),
  };
}

function isBeforePivot(kind: StepKind): boolean {
  return kind === 'compensatable';
}

function tunedCommand(command: StepCommand, tuning: Tuning, beforePivot: boolean): StepCommand {
  const attempts = beforePivot
    ? tuning.SKALD_RETRY_ATTEMPTS_BEFORE_PIVOT
    : tuning.SKALD_RETRY_ATTEMPTS_FROM_PIVOT;
  const retry: RetryPolicy = {
    ...command.retry,
    maxAttempts: attempts ?? command.retry.maxAttempts,
    initialMs: tuning.SKALD_RETRY_INITIAL_MS ?? command.retry.initialMs,
    capMs: tuning.SKALD_RETRY_CAP_MS ?? command.retry.capMs,
  };
  return { ...command, retry, timeoutMs: tuning.SKALD_STEP_TIMEOUT_MS ?? command.timeoutMs };
}
