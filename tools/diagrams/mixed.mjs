// Diagrams of a saga with an atomic step, made by playing the shipped transition.
import { begun, mermaid, operationOf, REPLIES, sent } from './two-phase.mjs';

/** @typedef {typeof import('@skald/core')} Core */
/** @typedef {import('@skald/core').SagaDefinition} Definition */
/** @typedef {import('@skald/core').SagaTransaction} Transaction */
/** @typedef {import('@skald/core').PlainStep} PlainStep */

const TIMING = {
  timeoutMs: 10_000,
  retry: { maxAttempts: 2, initialMs: 100, factor: 2, capMs: 100 },
};

/** @param {string} participant @param {string} operation */
function commandOf(participant, operation) {
  return {
    mapping: { operation: operationOf(participant, operation), map: () => ({}) },
    ...TIMING,
  };
}

/** As place-order-atomic: create-order, then stock and payment together, then confirm-order. */
/** @type {Definition} */
const DEFINITION = {
  protocol: 'saga',
  name: 'diagram',
  version: 1,
  input: operationOf('any', 'any').request,
  deadlineMs: 600_000,
  output: undefined,
  steps: [
    {
      name: 'create-order',
      kind: 'compensatable',
      action: commandOf('order', 'create'),
      compensation: commandOf('order', 'reject'),
    },
    {
      name: 'take',
      kind: 'pivot',
      group: {
        deadlineMs: 30_000,
        maxRounds: 3,
        branches: [
          { name: 'hold-stock', command: commandOf('stock', 'hold'), compensation: undefined },
          { name: 'capture', command: commandOf('payment', 'capture'), compensation: undefined },
        ],
      },
    },
    {
      name: 'confirm-order',
      kind: 'retriable',
      action: commandOf('order', 'confirm'),
      compensation: undefined,
    },
  ],
};

/**
 * A story as a sequence diagram: participants answer what they are asked.
 *
 * @param {Core} core
 * @param {readonly (readonly [participant: string, answer: string])[]} story
 */
function sequence(core, story) {
  const { next, effects } = core.start(DEFINITION, begun(DEFINITION.name));
  const lines = ['sequenceDiagram', '  participant C as Coordinator'];
  for (const name of ['order', 'stock', 'payment']) lines.push(`  participant ${name}`);
  lines.push(`  Note over C: stored: ${noteOf(next)}`);
  lines.push(...sent(named(core, next, effects)));
  let now = next;
  for (const [participant, name] of story) {
    const commands = core.pendingCommands(DEFINITION, now);
    const asked = commands.find((command) => command.participant === participant);
    const reply = REPLIES[name];
    if (!asked || !reply) throw new Error(`nothing is asked of ${participant}`);
    lines.push(`  ${participant}-->>C: ${name}`);
    const { step, direction, attempt } = asked;
    const type = core.answerTypeOf(direction);
    const event = { type, at: 1, entropy: 0.5, step, direction, attempt, reply };
    const result = core.transition(DEFINITION, now, event);
    if (noteOf(now) !== noteOf(result.next)) {
      lines.push(`  Note over C: stored: ${noteOf(result.next)}`);
    }
    lines.push(...sent(named(core, result.next, result.effects)));
    now = result.next;
  }
  return mermaid(lines);
}

/**
 * Commands by their participant.
 *
 * @param {Core} core @param {Transaction} now
 * @param {readonly import('@skald/core').Effect[]} effects
 */
function named(core, now, effects) {
  const commands = core.pendingCommands(DEFINITION, now);
  return effects.map(({ step, direction }) => {
    const command = commands.find((one) => one.step === step && one.direction === direction);
    return { step, direction, to: command?.participant ?? '' };
  });
}

/** Its status, and what was decided over its group. @param {Transaction} transaction */
function noteOf({ status, state }) {
  const isEnded = status === 'completed' || status === 'compensated';
  const phase = isEnded ? undefined : state.groups[0]?.group.phase;
  return phase === undefined ? status : `${status}, take ${phase}`;
}

/**
 * Diagrams of mixed mode by name, as they stand in the documents.
 *
 * @param {Core} core
 * @returns {Readonly<Record<string, string>>}
 */
export function mixedDiagrams(core) {
  return {
    mixed: sequence(core, [
      ['order', 'succeeded'],
      ['stock', 'vote commit'],
      ['payment', 'vote commit'],
      ['stock', 'succeeded'],
      ['payment', 'succeeded'],
      ['order', 'succeeded'],
    ]),
    'mixed and declined': sequence(core, [
      ['order', 'succeeded'],
      ['stock', 'vote commit'],
      ['payment', 'rejected'],
      ['stock', 'succeeded'],
      ['order', 'succeeded'],
    ]),
  };
}
