import type { HistoryEntry } from '../history.js';
import type { StepCommand } from '../mapped-command.js';
import { replayWith, restorePayloads, type Begun } from '../replay.js';
import type { Payloads } from '../transaction.js';
import type { SagaDefinition } from './define.js';
import { start } from './machine.js';
import type { SagaTransaction } from './state.js';
import { transition } from './transition.js';

/** The payloads of a saga from its history rows that carry any; see `restorePayloads`. */
export function payloadsFrom(
  saga: SagaDefinition | undefined,
  entries: readonly HistoryEntry[],
): Payloads {
  const schemas = {
    input: saga?.input,
    replyOf: (name: string) => actionOf(saga, name)?.mapping.operation.reply,
  };
  return restorePayloads(schemas, entries);
}

/** What a step's or branch's reply answers. */
function actionOf(saga: SagaDefinition | undefined, name: string): StepCommand | undefined {
  for (const step of saga?.steps ?? []) {
    if (step.name === name) return step.action;
    const branch = step.group?.branches.find((one) => one.name === name);
    if (branch) return branch.command;
  }
  return undefined;
}

/** Plays a saga's whole history again and gives what it ends in; see `replayWith`. */
export function replay(
  saga: SagaDefinition,
  begun: Begun,
  entries: readonly HistoryEntry[],
): SagaTransaction {
  return replayWith({ start, transition, payloadsFrom }, saga, { begun, entries });
}
