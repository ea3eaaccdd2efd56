// Diagrams of two-phase commit, made by playing the shipped transition: what they show is what it does.

/** @typedef {typeof import('@skald/core')} Core */
/** @typedef {import('@skald/core').TwoPhaseDefinition} Definition */
/** @typedef {import('@skald/core').TwoPhaseTransaction} Transaction */
/** @typedef {import('@skald/core').Event} Event */
/** @typedef {import('@skald/core').Reply} Reply */

const ID = /** @type {import('@skald/core').TransactionId} */ (
  '00000000-0000-4000-8000-000000000000'
);
const ASKED = { by: 'operator', reason: 'because' };

/** What a participant may answer, by the words of the diagrams. @type {Readonly<Record<string, Reply>>} */
export const REPLIES = {
  'vote commit': { outcome: 'succeeded', reply: {}, vote: 'commit' },
  'vote read-only': { outcome: 'succeeded', reply: {}, vote: 'read-only' },
  rejected: { outcome: 'rejected', reason: 'no' },
  failed: { outcome: 'failed', reason: 'lock-timeout' },
  succeeded: { outcome: 'succeeded', reply: {} },
  'heuristic-commit': { outcome: 'heuristic-commit' },
  'heuristic-abort': { outcome: 'heuristic-abort' },
  hazard: { outcome: 'hazard' },
};

/** @type {Readonly<Record<string, Event>>} */
const EVENTS = {
  'the deadline': { type: 'deadline-passed', at: 1 },
  cancel: { type: 'cancel-requested', at: 1, ...ASKED },
  retry: { type: 'retry-requested', at: 1, ...ASKED },
  skip: { type: 'skip-requested', at: 1, ...ASKED },
  resolve: { type: 'resolve-requested', at: 1, branch: 'a', heuristic: 'commit', ...ASKED },
};

const OPEN = ['preparing', 'committing', 'aborting', 'parked'];

const ANYTHING = /** @type {import('@skald/core').Schema<unknown, unknown>} */ ({
  '~standard': {
    version: 1,
    vendor: 'diagrams',
    validate: (/** @type {unknown} */ value) => ({ value }),
  },
});

/** An operation that takes and answers anything. @param {string} participant @param {string} operation */
export function operationOf(participant, operation) {
  return {
    ...{ participant, operation, request: ANYTHING, reply: ANYTHING },
    ...{ rest: undefined, reservationTtlMs: undefined },
  };
}

/** How everything in a diagram is begun. @param {string} name */
export function begun(name) {
  return { id: ID, definition: { name, version: 1, hash: 'h' }, input: {}, at: 0 };
}

/**
 * A definition whose every schema takes everything: two branches, or one alone.
 *
 * @param {readonly string[]} branches
 * @returns {Definition}
 */
function definitionOf(branches) {
  const retry = { maxAttempts: 2, initialMs: 100, factor: 2, capMs: 100 };
  return {
    protocol: 'two-phase',
    name: 'diagram',
    version: 1,
    input: ANYTHING,
    deadlineMs: 30_000,
    maxRounds: 2,
    output: undefined,
    branches: branches.map((name) => ({
      name,
      command: {
        mapping: { operation: operationOf(name, 'book'), map: () => ({}) },
        timeoutMs: 10_000,
        retry,
      },
    })),
  };
}

/** @param {Core} core @param {Definition} definition */
function begin(core, definition) {
  return core.twoPhaseMachine.start(definition, begun(definition.name));
}

/**
 * The answer of `branch` to what it is asked now; undefined when nothing is asked of it.
 *
 * @param {Core} core @param {Definition} definition @param {Transaction} now
 * @param {{ branch: string, reply: Reply | undefined }} answer
 * @returns {Event | undefined}
 */
function answerOf(core, definition, now, { branch, reply }) {
  const commands = core.twoPhaseMachine.pendingCommands(definition, now);
  const asked = commands.find(({ participant }) => participant === branch);
  if (!asked) return undefined;
  const { step, direction, attempt } = asked;
  const about = { at: 1, entropy: 0.5, step, direction, attempt };
  if (!reply) return { type: 'timed-out', ...about };
  return { type: core.answerTypeOf(direction), reply, ...about };
}

/**
 * Every status that each event leads to from each status, over all states that can be reached.
 *
 * @param {Core} core
 * @returns {Map<string, Map<string, Set<string>>>} by event, then by status: what follows.
 */
function reach(core) {
  const { transition } = core.twoPhaseMachine;
  /** @type {Map<string, Map<string, Set<string>>>} */
  const found = new Map();
  for (const definition of [definitionOf(['a', 'b']), definitionOf(['a'])]) {
    const waiting = [begin(core, definition).next];
    const seen = new Set();
    for (let now = waiting.pop(); now; now = waiting.pop()) {
      const key = kindOf(now);
      if (seen.has(key) || core.isEnded(now.status)) continue;
      seen.add(key);
      for (const [name, event] of eventsAt(core, definition, now)) {
        const { next, refusal } = transition(definition, now, event);
        note(found, name, now.status, refusal === undefined ? outcomeOf(now, next) : 'refused');
        if (next !== now) waiting.push(next);
      }
    }
  }
  return found;
}

/** What may make a difference to a status: neither texts nor times, and no attempt after the last that counts. */
function kindOf(/** @type {Transaction} */ { status, state: { group, parked } }) {
  const branches = group.branches.map((branch) => {
    const { vote, isAcknowledged, heuristic, stop, resendAt, attempt } = branch;
    return [vote, isAcknowledged, heuristic, stop, resendAt === null, Math.min(attempt, 2)];
  });
  const { phase, round, mayTryAgain } = group;
  return JSON.stringify([status, phase, round, mayTryAgain, parked?.reason, branches]);
}

/** @param {Transaction} now @param {Transaction} next */
function outcomeOf(now, next) {
  return next === now ? 'absorbed' : next.status;
}

/**
 * @param {Map<string, Map<string, Set<string>>>} found
 * @param {string} event @param {string} status @param {string} outcome
 */
function note(found, event, status, outcome) {
  const row = found.get(event) ?? new Map();
  found.set(event, row);
  row.set(status, (row.get(status) ?? new Set()).add(outcome));
}

/**
 * @param {Core} core @param {Definition} definition @param {Transaction} now
 * @returns {(readonly [string, Event])[]}
 */
function eventsAt(core, definition, now) {
  /** @type {(readonly [string, Event])[]} */
  const events = Object.entries(EVENTS);
  for (const branch of definition.branches.map(({ name }) => name)) {
    for (const [name, reply] of [
      ...Object.entries(REPLIES),
      /** @type {const} */ (['silence', undefined]),
    ]) {
      const event = answerOf(core, definition, now, { branch, reply });
      if (event && isApt(name, event)) events.push([name, event]);
    }
  }
  return events;
}

/** Votes answer prepares, and a plain success answers all the rest. @param {string} name @param {Event} event */
function isApt(name, event) {
  const isPrepare = 'direction' in event && event.direction === 'prepare';
  return name.startsWith('vote ') ? isPrepare : name !== 'succeeded' || !isPrepare;
}

/** The statuses as a diagram: what leads from one to another. @param {Core} core */
function stateDiagram(core) {
  /** @type {Map<string, string[]>} */
  const edges = new Map();
  for (const [event, row] of reach(core)) {
    for (const [from, outcomes] of row) {
      for (const to of outcomes) {
        if (to === from || to === 'absorbed' || to === 'refused') continue;
        const edge = `${from} --> ${to}`;
        edges.set(edge, [...(edges.get(edge) ?? []), event]);
      }
    }
  }
  const lines = [...edges].map(([edge, events]) => `  ${edge}: ${events.join(', ')}`);
  return mermaid([
    'stateDiagram-v2',
    '  [*] --> preparing',
    ...lines.sort(),
    '  committed --> [*]',
    '  aborted --> [*]',
  ]);
}

/** Status by event, as a table. @param {Core} core */
function stateTable(core) {
  const rows = [...reach(core)].map(([event, row]) => [
    event,
    ...OPEN.map((status) => [...(row.get(status) ?? [])].sort().map(worded).join(', ') || '–'),
  ]);
  const head = ['event', ...OPEN.map((status) => `\`${status}\``)];
  const cells = [head, head.map(() => '---'), ...rows];
  return cells.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** @param {string} outcome */
function worded(outcome) {
  return outcome === 'absorbed' || outcome === 'refused' ? outcome : `→ \`${outcome}\``;
}

/**
 * A story as a sequence diagram: branches answer, or something else happens.
 *
 * @param {Core} core @param {readonly string[]} branches
 * @param {readonly (readonly [branch: string, answer: string] | string)[]} story
 */
function sequence(core, branches, story) {
  const definition = definitionOf(branches);
  const lines = ['sequenceDiagram', '  participant C as Coordinator'];
  for (const name of branches) lines.push(`  participant ${name}`);
  const { next, effects } = begin(core, definition);
  let now = next;
  lines.push(`  Note over C: stored: ${now.status}`, ...sent(effects));
  for (const happens of story) {
    const [branch, name] = typeof happens === 'string' ? ['', happens] : happens;
    const event = branch
      ? answerOf(core, definition, now, { branch, reply: REPLIES[name] })
      : EVENTS[name];
    if (!event) throw new Error(`nothing is asked of ${branch}`);
    lines.push(branch ? `  ${branch}-->>C: ${name}` : `  Note over C: ${name}`);
    const result = core.twoPhaseMachine.transition(definition, now, event);
    lines.push(...changes(now, result.next), ...sent(result.effects));
    if (isNextRound(now, result.next)) {
      lines.push(...sent(core.twoPhaseMachine.pendingCommands(definition, result.next)));
    }
    now = result.next;
  }
  return mermaid(lines);
}

/**
 * Commands that leave, to the participant `to`, or to that of the branch's name.
 *
 * @param {readonly { readonly step: string, readonly direction: string, readonly to?: string }[]} commands
 */
export function sent(commands) {
  return commands.map(({ step, direction, to = step.split('.')[0] ?? '' }) => {
    return `  C->>${to}: ${direction} ${step}`;
  });
}

/** @param {Transaction} before @param {Transaction} after */
function isNextRound(before, after) {
  return after.state.group.round !== before.state.group.round;
}

/** @param {Transaction} before @param {Transaction} after */
function changes(before, after) {
  const { round, phase } = after.state.group;
  if (isNextRound(before, after)) return [`  Note over C: stored: round ${round}, after a pause`];
  if (after.status !== before.status) return [`  Note over C: stored: ${after.status}`];
  const isNew = phase !== before.state.group.phase;
  return isNew ? [`  Note over C: stored: round ${round} is aborted, to be tried again`] : [];
}

/** @param {readonly string[]} lines */
export function mermaid(lines) {
  return ['```mermaid', ...lines, '```'].join('\n');
}

/**
 * All diagrams and tables of two-phase commit by name, as they stand in the documents.
 *
 * @param {Core} core
 * @returns {Readonly<Record<string, string>>}
 */
export function twoPhaseDiagrams(core) {
  const both = ['order', 'ledger'];
  return {
    statuses: stateDiagram(core),
    'status and event': stateTable(core),
    commit: sequence(core, both, [
      ['order', 'vote commit'],
      ['ledger', 'vote commit'],
      ['order', 'succeeded'],
      ['ledger', 'succeeded'],
    ]),
    abort: sequence(core, both, [
      ['order', 'vote commit'],
      ['ledger', 'rejected'],
      ['order', 'succeeded'],
    ]),
    'two rounds': sequence(core, both, [
      ['order', 'vote commit'],
      ['ledger', 'failed'],
      ['ledger', 'failed'],
      ['order', 'succeeded'],
      ['ledger', 'succeeded'],
      ['order', 'vote commit'],
      ['ledger', 'vote commit'],
    ]),
    delegated: sequence(core, ['ledger'], ['the deadline', ['ledger', 'succeeded']]),
    contradiction: sequence(core, both, [
      ['order', 'vote commit'],
      ['ledger', 'vote commit'],
      ['order', 'heuristic-abort'],
      ['ledger', 'succeeded'],
      'resolve',
    ]),
  };
}
