import {
  participant,
  saga,
  twoPhase,
  type AfterPivot,
  type AtomicStart,
  type GroupKind,
  type SagaDefinition,
  type Schema,
  type TwoPhaseDefinition,
} from '@skald/core';

/** How many steps of each kind a saga has. */
export interface Shape {
  readonly compensatable: number;
  readonly pivot: boolean;
  readonly retriable: number;
  /** An atomic step of two branches, `b0` and `b1`, after the compensatable ones. */
  readonly atomic?: GroupKind;
}

/** What may change under a running saga, by a deploy. */
export interface Deployed {
  /** Whether mappings throw. */
  isBroken: boolean;
  /** Goes into every request, so that one mapped anew is another one. */
  build: number;
}

/** Takes anything. */
const anything: Schema = {
  '~standard': {
    version: 1,
    vendor: 'skald-testing',
    validate: (value) => ({ value }),
    jsonSchema: { input: () => ({}), output: () => ({}) },
  },
};

const worker = participant('worker', {
  do: { request: anything, reply: anything },
  undo: { request: anything, reply: anything },
});

const MAX_ATTEMPTS = 3;

/** A saga of that shape, whose mappings are as `deployed` says at the time. */
export function sagaOf(
  { compensatable, pivot, retriable, atomic }: Shape,
  deployed: Deployed,
): SagaDefinition {
  const map = (): unknown => {
    if (deployed.isBroken) throw new Error(`build ${deployed.build} is broken`);
    return { build: deployed.build };
  };
  const retry = { maxAttempts: MAX_ATTEMPTS };
  const step = { action: [worker.do, map], retry } as const;
  const undo = { compensation: [worker.undo, map], compensationRetry: retry } as const;
  let begun = saga('world', { version: 1, input: anything });
  for (let index = 0; index < compensatable; index++) {
    begun = begun.compensatable(`c${index}`, { ...step, ...undo });
  }
  if (atomic === 'compensatable')
    begun = begun.atomically('g', undoable(map, retry), { retry: GROUP_RETRY });
  let rest: AfterPivot<unknown, unknown> = begun;
  if (atomic === 'pivot') rest = begun.atomically('g', unreturning(map), { retry: GROUP_RETRY });
  else if (pivot) rest = begun.pivot('p', step);
  for (let index = 0; index < retriable; index++) rest = rest.retriable(`r${index}`, step);
  return rest.output(map).build();
}

const GROUP_RETRY = { maxAttempts: 2, maxRounds: 2 };

function undoable(map: () => unknown, retry: { maxAttempts: number }) {
  const undo = { compensation: [worker.undo, map], compensationRetry: retry } as const;
  return (group: AtomicStart<unknown, unknown>) =>
    group.branch('b0', worker.do, map, undo).branch('b1', worker.do, map, undo);
}

function unreturning(map: () => unknown) {
  return (group: AtomicStart<unknown, unknown>) =>
    group.branch('b0', worker.do, map).branch('b1', worker.do, map);
}

/** How a two-phase transaction of a world looks. */
export interface GroupShape {
  readonly branches: number;
  readonly maxRounds: number;
  /** Prepares of a branch in one round. */
  readonly maxAttempts: number;
}

/** A two-phase transaction of that shape, with branches `b0`, `b1` and so on. */
export function twoPhaseOf(
  { branches, maxRounds, maxAttempts }: GroupShape,
  deployed: Deployed,
): TwoPhaseDefinition {
  const map = (): unknown => ({ build: deployed.build });
  const output = (): unknown => {
    if (deployed.isBroken) throw new Error(`build ${deployed.build} is broken`);
    return { build: deployed.build };
  };
  const retry = { maxRounds, maxAttempts };
  const blank = twoPhase('world', { version: 1, input: anything, retry });
  let begun = blank.branch('b0', worker.do, map);
  for (let index = 1; index < branches; index++) begun = begun.branch(`b${index}`, worker.do, map);
  return begun.output(output).build();
}
