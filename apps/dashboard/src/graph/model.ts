import type { Schemas } from '../api/client.js';
import { branchStateOf } from '../transaction/branch-state.js';
import { shownState } from '../transaction/step-state.js';

type Transaction = Schemas['Transaction'];
type Definition = Schemas['Definition'];

/** Where something stands on the way of a transaction; `plan` in a definition, which goes nowhere. */
export type Phase = 'plan' | 'done' | 'now' | 'ahead' | 'aside';

export interface CallNode {
  readonly operation: string;
  /** A state of a step; null in a definition. */
  readonly state: string | null;
  readonly phase: Phase;
  readonly attempts: number;
  readonly error: string | null;
}

export interface StepNode {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly action: CallNode;
  readonly compensation: CallNode | null;
}

/** `abort` leads to a decision that lets nothing happen. */
export type EdgeKind = 'forward' | 'abort' | 'turn' | 'back';

export interface StepEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly kind: EdgeKind;
  readonly phase: Phase;
}

export interface Graph {
  readonly nodes: readonly StepNode[];
  readonly edges: readonly StepEdge[];
}

/** The graph of a definition: all there is, nothing of it under way. */
export function graphOfDefinition({
  steps = [],
  branches,
}: Pick<Definition, 'steps' | 'branches'>): Graph {
  const call = (operation: string): CallNode => ({
    operation,
    state: null,
    phase: 'plan',
    attempts: 0,
    error: null,
  });
  if (branches) {
    const planned = branches.map(({ name, operation }) => branchNode(name, call(operation)));
    return decidedBy(planned, call('commit or abort'));
  }
  const stages = steps.map(({ name, kind, action, compensation, branches: parts }) =>
    (parts ?? [{ name, operation: action ?? '', compensation }]).map((part) => ({
      id: part.name,
      name: part.name,
      kind: parts ? `${kind} ${name}` : kind,
      action: call(part.operation),
      compensation: part.compensation === null ? null : call(part.compensation),
    })),
  );
  const nodes = stages.flat();
  return { nodes, edges: [...forwardEdges(stages), ...backEdges(nodes)] };
}

/** The graph of a transaction: what is done, what is under way, and which path remains. */
export function graphOfTransaction(transaction: Transaction): Graph {
  if (transaction.branches) return graphOfBranches(transaction, transaction.branches);
  const stages = (transaction.steps ?? []).map((step) => nodesOf(step, transaction));
  const nodes = stages.flat();
  const edges = [...forwardEdges(stages), ...backEdges(nodes)];
  const turn = turnOf(nodes, transaction);
  return { nodes, edges: turn ? [...edges, turn] : edges };
}

/** Branches side by side, all of which the one decision waits for. */
function graphOfBranches(transaction: Transaction, branches: readonly Branch[]): Graph {
  const { decision = null, status } = transaction;
  const nodes = branches.map((branch) => {
    const { name, participant, operation, attempts, reason, detail } = branch;
    const state = branchStateOf(branch, decision);
    return branchNode(name, {
      operation: `${participant}.${operation}`,
      state,
      phase: UNDER_WAY.has(state) ? 'now' : 'done',
      attempts,
      error: [reason, detail].filter(Boolean).join(': ') || null,
    });
  });
  return decidedBy(nodes, {
    operation: status,
    state: decision ?? 'pending',
    phase: decision === null ? 'ahead' : 'done',
    attempts: 0,
    error: null,
  });
}

const UNDER_WAY: ReadonlySet<string> = new Set(['preparing', 'committing', 'aborting', 'in-doubt']);

function branchNode(name: string, action: CallNode): StepNode {
  return { id: name, name, kind: 'branch', action, compensation: null };
}

function decidedBy(branches: readonly StepNode[], decision: CallNode): Graph {
  // No branch can have this name: a space is none of theirs.
  const id = 'the decision';
  const node: StepNode = { id, name: id, kind: '', action: decision, compensation: null };
  const kind = decision.state === 'abort' ? 'abort' : 'forward';
  const edges = branches.map(({ id: source }): StepEdge => {
    return { id: `${source}>`, source, target: id, kind, phase: decision.phase };
  });
  return { nodes: [...branches, node], edges };
}

type Step = NonNullable<Transaction['steps']>[number];
type Branch = NonNullable<Transaction['branches']>[number];
type AtomicBranch = Schemas['AtomicBranch'];
type Call = NonNullable<Step['action']>;

/** One node, or one for each branch of an atomic step. */
function nodesOf(step: Step, transaction: Transaction): StepNode[] {
  const { branches, action } = step;
  if (branches) return branches.map((branch) => nodeOfBranch(branch, step, transaction));
  return action ? [nodeOf(step, action, transaction)] : [];
}

function nodeOfBranch(branch: AtomicBranch, step: Step, transaction: Transaction): StepNode {
  const { name, participant, operation, attempts, reason, detail, compensation } = branch;
  const state = step.state === 'pending' ? 'pending' : branchStateOf(branch, step.decision ?? null);
  return {
    id: name,
    name,
    kind: `${step.kind} ${step.name}`,
    action: {
      operation: `${participant}.${operation}`,
      state,
      phase: actionPhase(step, transaction),
      attempts,
      error: [reason, detail].filter(Boolean).join(': ') || null,
    },
    compensation: compensation && {
      ...callOf(compensation),
      state: stateOfUndone(compensation, step),
      phase: compensationPhase(step, transaction),
    },
  };
}

function stateOfUndone({ startedAt, endedAt }: Call, step: Step): string {
  if (startedAt === null) return step.state === 'compensated' ? 'skipped' : 'pending';
  return endedAt === null ? 'compensating' : 'compensated';
}

function nodeOf(step: Step, action: Call, transaction: Transaction): StepNode {
  const { name, kind, compensation } = step;
  return {
    id: name,
    name,
    kind,
    action: {
      ...callOf(action),
      state: shownState(actionState(step), transaction),
      phase: actionPhase(step, transaction),
    },
    compensation: compensation && {
      ...callOf(compensation),
      state: shownState(compensationState(step), transaction),
      phase: compensationPhase(step, transaction),
    },
  };
}

function callOf({ participant, operation, attempts, error }: Call) {
  const told = error && [error.reason, error.detail].filter(Boolean).join(': ');
  return { operation: `${participant}.${operation}`, attempts, error: told };
}

/** The state of a step is that of its compensation once there is one under way. */
function actionState({ state, action }: Step): string {
  if (state !== 'compensating' && state !== 'compensated') return state;
  return action?.error && action.reply === null ? 'unknown' : 'succeeded';
}

function compensationState({ state }: Step): string {
  return state === 'compensating' || state === 'compensated' ? state : 'pending';
}

function isTurnedBack({ status, parked }: Transaction): boolean {
  return [status, parked?.from].some((one) => one === 'compensating' || one === 'compensated');
}

function actionPhase({ state }: Step, transaction: Transaction): Phase {
  if (state === 'running') return 'now';
  if (state !== 'pending') return 'done';
  return isTurnedBack(transaction) ? 'aside' : 'ahead';
}

function compensationPhase(step: Step, transaction: Transaction): Phase {
  if (step.state === 'compensated') return 'done';
  if (step.state === 'compensating') return 'now';
  const isToUndo = step.state === 'succeeded' || step.state === 'unknown';
  return isToUndo && isTurnedBack(transaction) ? 'ahead' : 'aside';
}

/** From all branches of one step to all of the next. */
function forwardEdges(stages: readonly (readonly StepNode[])[]): StepEdge[] {
  return stages.slice(1).flatMap((targets, index) =>
    (stages[index] ?? []).flatMap((source) =>
      targets.map((target): StepEdge => {
        return {
          id: `${source.id}>${target.id}`,
          source: source.id,
          target: target.id,
          kind: 'forward',
          phase: target.action.phase,
        };
      }),
    ),
  );
}

/** Between the compensations of steps: from later to earlier. */
function backEdges(nodes: readonly StepNode[]): StepEdge[] {
  const undoable = nodes.filter(({ compensation }) => compensation !== null);
  return undoable.slice(1).map((source, index) => {
    const target = undoable[index] ?? source;
    const phases = [source.compensation?.phase, target.compensation?.phase];
    return {
      id: `${source.id}<${target.id}`,
      source: source.id,
      target: target.id,
      kind: 'back',
      phase: phases.includes('aside') ? 'aside' : (target.compensation?.phase ?? 'aside'),
    };
  });
}

/** From the step that turned it back to the first compensation. */
function turnOf(nodes: readonly StepNode[], transaction: Transaction): StepEdge | undefined {
  if (!isTurnedBack(transaction)) return undefined;
  const failed = nodes.find(({ name }) => name === transaction.failure?.step);
  const first = nodes.findLast(
    ({ compensation }) => compensation && compensation.phase !== 'aside',
  );
  if (!first) return undefined;
  const last = nodes.findLast(({ action }) => action.phase === 'done');
  const source = failed ?? last ?? first;
  return {
    id: `${source.id}|${first.id}`,
    source: source.id,
    target: first.id,
    kind: 'turn',
    phase: first.compensation?.phase ?? 'aside',
  };
}
