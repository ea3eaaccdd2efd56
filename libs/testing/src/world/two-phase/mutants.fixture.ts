import type { Mutant } from '../plant.fixture.js';

/** A planted bug; those marked need more than the explorer tries: strangers, humans, several attempts. */
export interface TwoPhaseMutant extends Mutant {
  readonly isBeyondExplorer?: boolean;
}

const GROUP = 'core/src/two-phase/group.ts';
const GROUP_STATE = 'core/src/two-phase/group-state.ts';
const PARTS = 'core/src/two-phase/group-parts.ts';
const BRANCH = 'testing/src/world/two-phase/branch.ts';
const INQUIRY = 'testing/src/world/two-phase/inquiry.ts';
const COORDINATOR = 'testing/src/world/coordinator.ts';
const STORE = 'testing/src/world/store.ts';
const MAY_STORE = 'testing/src/explorer/may-store.ts';

const OF_THE_DECISION: readonly TwoPhaseMutant[] = [
  {
    name: 'silence is taken for a yes',
    file: GROUP,
    find: `const NO_ANSWER: Reply = { outcome: 'failed', reason: 'timeout' };`,
    replace: `const NO_ANSWER: Reply = { outcome: 'succeeded', reply: {}, vote: 'commit' };`,
  },
  {
    name: 'one yes is enough to commit',
    file: GROUP,
    find: 'const areAll = group.branches.every(',
    replace: 'const areAll = group.branches.some(',
  },
  {
    name: 'a read-only vote is no yes',
    file: GROUP,
    find: '({ vote: given }) => isVote(given)',
    replace: `({ vote: given }) => given === 'commit'`,
  },
  {
    name: "a stranger's word counts",
    file: PARTS,
    find: 'return index < 0 ? undefined : index;',
    replace: 'return Math.max(index, 0);',
    isBeyondExplorer: true,
  },
  {
    name: 'rounds are mixed up',
    file: PARTS,
    find: 'if (name?.step !== null || name.round !== group.round) return',
    replace: 'if (name?.step !== null) return',
  },
  {
    name: 'a vote counts after the decision',
    file: GROUP,
    find: 'if (branch?.resendAt == null || direction !== directionOf(group)) return undefined;',
    replace: 'if (branch?.resendAt == null) return undefined;',
  },
  {
    name: 'the deadline aborts what was left to the branch to decide',
    file: GROUP_STATE,
    find: 'return decisionOf(group) === null && !group.isDelegated;',
    replace: 'return decisionOf(group) === null;',
  },
  {
    name: 'a failure of an older attempt counts',
    file: GROUP,
    find: `if (reply.outcome === 'failed' && attempt !== branch.attempt) return undefined;`,
    replace: '',
    isBeyondExplorer: true,
  },
];

const OF_THE_DELIVERY: readonly TwoPhaseMutant[] = [
  {
    name: 'one acknowledgement ends it for all',
    file: GROUP,
    find: 'const isOpen = group.branches.some(({ resendAt, stop })',
    replace: 'const isOpen = group.branches.every(({ resendAt, stop })',
  },
  {
    name: 'a branch that was not heard of is not told of the abort',
    file: GROUP,
    find: `return given === 'commit' || given === null;`,
    replace: `return given === 'commit';`,
  },
  {
    name: 'an aborted round is followed by another for ever',
    file: GROUP,
    find: 'const mayTryAgain = group.round < definition.maxRounds && at < group.deadline;',
    replace: 'const mayTryAgain = at < group.deadline;',
    isBeyondExplorer: true,
  },
  {
    name: 'a hazard is taken for a success',
    file: GROUP,
    find: 'if (isCommit) return settled(move, index, lost(branch, reply.outcome), entropy);',
    replace: '',
    isBeyondExplorer: true,
  },
  {
    name: 'a contradicting branch is taken for one that agrees',
    file: GROUP,
    find: 'if (heuristic === decision) return',
    replace: 'if (heuristic !== undefined) return',
    isBeyondExplorer: true,
  },
  {
    name: 'undecided is taken for abort',
    file: INQUIRY,
    find: `if (at < group.deadline || !mayBeAborted(group)) return 'undecided';`,
    replace: `if (at < group.deadline || !mayBeAborted(group)) return 'abort';`,
  },
];

const OF_THE_BARRIER: readonly TwoPhaseMutant[] = [
  {
    name: 'an abort that finds nothing leaves the door open',
    file: BRANCH,
    find: `if (!isHeld) return { ...barred, effect: 'shut' };`,
    replace: `if (!isHeld) return { branch, reply: DONE, effect: 'shut' };`,
  },
  {
    name: 'an abort leaves no row',
    file: BRANCH,
    find: 'const barred = { branch: withRow(BARRED), reply: DONE };',
    replace: 'const barred = { branch: UNTOUCHED, reply: DONE };',
  },
  {
    name: 'a commit that finds nothing is a success',
    file: BRANCH,
    find: `return { branch: withRow(BARRED), effect: 'shut', reply: HAZARD };`,
    replace: `return { branch: withRow(BARRED), effect: 'shut', reply: DONE };`,
    isBeyondExplorer: true,
  },
  {
    name: 'a branch votes before it is prepared',
    file: BRANCH,
    find: 'return { branch: { ...branch, isUnderWay: true } };',
    replace: 'return { branch: { ...branch, isUnderWay: true }, reply: YES };',
  },
  {
    name: 'a branch that is prepared is prepared once more',
    file: BRANCH,
    find: 'if (branch.isHeld) return { branch, reply: YES };',
    replace: '',
  },
  {
    name: 'who finds a handler at work says that it is done',
    file: BRANCH,
    find: 'if (branch.isUnderWay) return { branch, reply: UNDER_WAY };',
    replace: `if (branch.isUnderWay) return { branch, reply: direction === 'prepare' ? YES : DONE };`,
  },
];

const OF_THE_SHELL: readonly TwoPhaseMutant[] = [
  {
    name: 'the decision is told before it is durable',
    file: COORDINATOR,
    find: 'if (!this.ports.commit(version, next, entry)) return false;',
    replace:
      'for (const command of this.machine.pendingCommands(this.definition, next)) this.send(command);\n' +
      'if (!this.ports.commit(version, next, entry)) return false;',
    isBeyondExplorer: true,
  },
  {
    name: 'the version is not compared',
    file: STORE,
    find: 'if (this.row.version !== expectedVersion) return false;',
    replace: '',
    isBeyondExplorer: true,
  },
  {
    name: 'what is decided is sent once, by who decided it',
    file: COORDINATOR,
    find: 'if (!this.sent.has(keyOf(command))) this.send(command);\n      else this.decide(',
    replace: 'if (this.sent.has(keyOf(command))) this.decide(',
    isBeyondExplorer: true,
  },
];

export const TWO_PHASE_MUTANTS: readonly TwoPhaseMutant[] = [
  ...OF_THE_DECISION,
  ...OF_THE_DELIVERY,
  ...OF_THE_BARRIER,
  ...OF_THE_SHELL,
];

/** Of the explorer's own shell. */
export const EXPLORER_MUTANTS: readonly TwoPhaseMutant[] = [
  {
    name: 'the version is not compared, with two coordinators',
    file: MAY_STORE,
    find: 'return version === base;',
    replace: 'return version >= 0 || version === base;',
  },
];
