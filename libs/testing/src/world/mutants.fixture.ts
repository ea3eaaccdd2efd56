import type { Mutant } from './plant.fixture.js';

const MOVES = 'core/src/saga/moves.ts';
const DRAFT = 'core/src/saga/draft.ts';
const ATOMIC = 'core/src/saga/atomic.ts';
const TRANSITION = 'core/src/saga/transition.ts';
const REPLAY = 'core/src/replay.ts';
const BARRIER = 'testing/src/world/barrier.ts';
const COORDINATOR = 'testing/src/world/coordinator.ts';
const STORE = 'testing/src/world/store.ts';

const OF_THE_SAGA: readonly Mutant[] = [
  {
    name: 'an unknown step is not compensated',
    file: MOVES,
    find: `(status !== 'succeeded' && status !== 'unknown')`,
    replace: `status !== 'succeeded'`,
  },
  {
    name: 'a rejected step is compensated',
    file: MOVES,
    find: `(status !== 'succeeded' && status !== 'unknown')`,
    replace: `(status !== 'succeeded' && status !== 'unknown' && status !== 'rejected')`,
  },
  {
    name: 'steps are undone first to last',
    file: MOVES,
    find: 'for (let index = state.steps.length - 1; index >= 0; index--)',
    replace: 'for (let index = 0; index < state.steps.length; index++)',
  },
  {
    name: 'an unknown pivot is compensated around',
    file: TRANSITION,
    find: 'return bar(move, pending, error);',
    replace: `return turnBack(markStep(move, pending, 'unknown'), failureOf(step, error));`,
  },
  {
    name: 'the saga turns back after the pivot',
    file: MOVES,
    find: `if (step.kind === 'compensatable' || status === 'pending') return false;`,
    replace: 'return false;',
  },
  {
    name: 'a barred pivot counts as done',
    file: TRANSITION,
    find: `return turnBack(markStep(move, pending, 'rejected'), failureOf(step, barredError(pending)));`,
    replace: 'return advance(move, pending, {});',
  },
  {
    name: 'a request is mapped anew when it is asked again',
    file: MOVES,
    find: 'if (known !== undefined) return { key, body: known, isNew: false };',
    replace: '',
  },
  {
    name: 'the failure of an older attempt counts',
    file: TRANSITION,
    find: 'return attempt !== pending.attempt || direction !== pending.direction;',
    replace: 'return false;',
  },
  {
    name: 'the reply of another step counts',
    file: TRANSITION,
    find: 'if (stepNameOf(saga, state, pending) !== step) return false;',
    replace: '',
  },
  {
    name: 'the budget of attempts is ignored',
    file: TRANSITION,
    find: 'if (used < policy.maxAttempts) return',
    replace: 'if (used > 0) return',
  },
  {
    name: 'a compensation that used up its attempts counts as done',
    file: TRANSITION,
    find: `if (!step?.action || pending.direction === 'compensation')\n    return park(move, 'attempts-exhausted', detail);`,
    replace: `if (!step?.action || pending.direction === 'compensation')\n    return compensated(move, pending, 'compensated');`,
  },
  {
    name: 'parking loses what is pending',
    file: DRAFT,
    find: `withState(move, { ...state, parked }), 'parked', [], produced`,
    replace: `withState(move, { ...state, parked, pending: [] }), 'parked', [], produced`,
  },
  {
    name: 'a reply moves a parked saga',
    file: TRANSITION,
    find: `if (transaction.status === 'parked') return absorb(transaction); // S10`,
    replace: '',
  },
  {
    name: 'an end is no end',
    file: TRANSITION,
    find: 'if (isEnded(transaction.status)) return',
    replace: 'if (!transaction) return',
  },
  {
    name: 'replay asks the mappings of today',
    file: REPLAY,
    find: 'transaction, event, recordedIn(entry));',
    replace: 'transaction, event);',
  },
];

const OF_THE_BARRIER: readonly Mutant[] = [
  {
    name: 'there is no barrier for actions',
    file: BARRIER,
    find: 'if (action) return unchanged(barrier, action.reply);',
    replace: '',
  },
  {
    name: 'a compensation runs at every attempt',
    file: BARRIER,
    find: 'if (compensation) return unchanged(barrier, compensation.reply);',
    replace: '',
  },
  {
    name: 'a null compensation leaves no mark',
    file: BARRIER,
    find: 'const kept = { action: closed,',
    replace: 'const kept = { ...(action && { action: closed }),',
  },
  {
    name: 'bar leaves no mark',
    file: BARRIER,
    find: 'if (!action) return unchanged({ ...barrier, action: { reply: LATE, isBarred: true } }, barred);',
    replace: 'if (!action) return unchanged(barrier, barred);',
  },
  {
    name: 'a late action is allowed',
    file: BARRIER,
    find: 'if (action?.isBarred) return unchanged(barrier, LATE);\n  if (action) return',
    replace: 'if (action && !action.isBarred) return',
  },
  {
    name: 'a refusal is not stored',
    file: BARRIER,
    find: `|| (reply.outcome === 'rejected' && isRefusable)`,
    replace: '',
  },
  {
    name: 'a refusal is stored where a no is not final',
    file: BARRIER,
    find: `(reply.outcome === 'rejected' && isRefusable)`,
    replace: `reply.outcome === 'rejected'`,
  },
  {
    name: 'a failure is stored',
    file: BARRIER,
    find: 'if (!isFinal) return unchanged(barrier, reply);',
    replace:
      'if (!isFinal) return unchanged({ ...barrier, action: { reply, isBarred: false } }, reply);',
  },
];

const OF_THE_SHELL: readonly Mutant[] = [
  {
    name: 'the version is not compared',
    file: STORE,
    find: 'if (this.row.version !== expectedVersion) return false;',
    replace: '',
  },
  {
    name: 'a reply is acknowledged before it is durable',
    file: COORDINATOR,
    find: 'const moved = this.decide(event);\n    this.ports.acknowledge(message);',
    replace: 'this.ports.acknowledge(message);\n    const moved = this.decide(event);',
  },
  {
    name: 'commands leave before the commit',
    file: COORDINATOR,
    find: 'if (!this.ports.commit(version, next, entry)) return false;',
    replace:
      'for (const command of this.machine.pendingCommands(this.definition, next)) this.send(command);\n' +
      'if (!this.ports.commit(version, next, entry)) return false;',
  },
  {
    name: 'a stale copy decides that an event is late',
    file: COORDINATOR,
    find: 'if (isFresh) return false;',
    replace: 'return false;',
  },
  {
    name: 'effects are forgotten',
    file: COORDINATOR,
    find: 'if (due.has(keyOf(command))) this.send(command);',
    replace: 'void due;',
  },
];

/** Found where sagas have an atomic step. */
export const MIXED_MUTANTS: readonly Mutant[] = [
  {
    name: 'an atomic step is left before all have acknowledged',
    file: MOVES,
    find: `if (group.phase === 'committed') {`,
    replace: `if (group.phase === 'committed' || group.phase === 'committing') {`,
  },
  {
    name: 'the saga turns back after the decision of its pivot',
    file: MOVES,
    find: 'if (step.group) return isPivotCommitted(state, index);',
    replace: 'if (step.group) return false;',
  },
  {
    name: 'what was given up while it committed goes on',
    file: MOVES,
    find: 'return failure ? undoNext(done) : stepInto(done, index + 1);',
    replace: 'return stepInto(done, index + 1);',
  },
  {
    name: 'an aborted atomic step counts as done',
    file: MOVES,
    find: `if (group.phase === 'aborted') return undoNext(markAtomic(move, index, 'rejected'));`,
    replace: `if (group.phase === 'aborted') return stepInto(markAtomic(move, index, 'succeeded'), index + 1);`,
  },
  {
    name: 'one branch of a committed step is undone',
    file: MOVES,
    find: 'if (next !== undefined) return undoBranch(noted, index, next);',
    replace: '',
  },
  {
    name: 'branches are undone first to last',
    file: ATOMIC,
    find: 'const last = branches.findLastIndex(({ vote }, at) => at < before &&',
    replace: 'const last = branches.findIndex(({ vote }, at) => at < before &&',
  },
];

export const MUTANTS: readonly Mutant[] = [...OF_THE_SAGA, ...OF_THE_BARRIER, ...OF_THE_SHELL];
