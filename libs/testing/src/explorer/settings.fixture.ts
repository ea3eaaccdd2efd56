import { NO_FAULTS, type BranchSetting, type ExplorerSetting } from './two-phase-setting.js';

const prepared: BranchSetting = { resource: 'prepared', works: ['yes', 'no'] };
const willing: BranchSetting = { resource: 'prepared', works: ['yes'] };
const reserved: BranchSetting = { resource: 'reserved', works: ['yes', 'no'] };
const reader: BranchSetting = { resource: 'prepared', works: ['read-only', 'yes'] };

const plain = {
  branches: [prepared, prepared],
  maxRounds: 1,
  maxAttempts: 1,
  coordinators: 1,
  hasDeadline: true,
  budget: NO_FAULTS,
} as const;

/** What is explored, by name. Each is as large as it must be to contain what its name says, and not larger. */
export const SETTINGS: Readonly<Record<string, ExplorerSetting>> = {
  'no fault and no no': {
    ...plain,
    branches: [willing, reader, { ...reserved, works: ['yes'] }],
    coordinators: 2,
    hasDeadline: false,
    mustCommit: true,
  },
  'two prepared branches, two rounds, an unanswered attempt': {
    ...plain,
    maxRounds: 2,
    budget: { ...NO_FAULTS, timeouts: 1 },
  },
  'two prepared branches that die at work and half-way through an abort': {
    ...plain,
    maxAttempts: 2,
    budget: { ...NO_FAULTS, failures: 1, deaths: 1 },
  },
  'reservations, two rounds, an unanswered attempt': {
    ...plain,
    branches: [reserved, reserved],
    maxRounds: 2,
    budget: { ...NO_FAULTS, timeouts: 1 },
  },
  'a reader beside a prepared branch and a reservation': {
    ...plain,
    branches: [reader, prepared, reserved],
  },
  'two coordinators with compare-and-set, one of which dies': {
    ...plain,
    coordinators: 2,
    budget: { ...NO_FAULTS, coordinatorDeaths: 1, cancels: 1 },
  },
  'two coordinators, and an attempt that is given up': {
    ...plain,
    branches: [willing, reserved],
    coordinators: 2,
    maxAttempts: 2,
    budget: { ...NO_FAULTS, timeouts: 1 },
  },
  'a delegated decision, two coordinators, every fault': {
    ...plain,
    branches: [prepared],
    coordinators: 2,
    maxAttempts: 2,
    budget: { timeouts: 2, failures: 2, deaths: 1, coordinatorDeaths: 2, cancels: 1 },
  },
};
