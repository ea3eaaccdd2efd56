import {
  answerTypeOf,
  asTransactionId,
  decisionOfRound,
  parseStepName,
  type Event,
  type OutgoingCommand,
  type Reply,
  type TransactionId,
  type TwoPhaseDefinition,
} from '@skald/core';
import { twoPhaseOf } from '../world/definition.js';
import { promise } from '../world/ledger.js';
import {
  isAsked,
  UNTOUCHED,
  type Branch,
  type BranchStep,
  type Work,
} from '../world/two-phase/branch.js';
import { SHIPPED_TWO_PHASE_PARTS, type TwoPhaseParts } from '../world/two-phase/parts.js';
import type { Step, System } from './explore.js';
import { Interner, ItemSets, type Items, type Numbered } from './interner.js';
import { Places, type Place } from './places.js';
import { mayStore } from './may-store.js';
import { Rows, type Decided, type Row, type Sent } from './rows.js';
import type { BranchSetting, Budget, ExplorerSetting } from './two-phase-setting.js';

export interface ExplorerParts extends TwoPhaseParts {
  readonly mayStore: typeof mayStore;
}

export const SHIPPED_EXPLORER_PARTS: ExplorerParts = { ...SHIPPED_TWO_PHASE_PARTS, mayStore };

/** A reply on its way, whenever it may arrive. */
interface Answer extends Numbered {
  readonly command: Pick<OutgoingCommand, 'step' | 'direction' | 'attempt'>;
  readonly reply: Reply;
}

/** A coordinator: idle, or about to store what it decided on version `base`, or to send what it stored. */
interface Desk {
  readonly proposal?: Decided & { readonly base: number };
  readonly unsent: readonly Sent[];
}

const IDLE: Desk = { unsent: [] };

/** All there is of a transaction, everywhere. */
interface Snapshot {
  readonly row: Row;
  readonly isLate: boolean;
  readonly desks: readonly Desk[];
  readonly place: Place;
  /** What was ever sent, which may arrive at any time, any number of times, or never; by step and direction. */
  readonly commands: Items<Sent>;
  /** The same of replies. */
  readonly replies: Items<Answer>;
  readonly budget: Budget;
}

type Moves = Iterable<Step<Snapshot>>;

const ID = asTransactionId('00000000-0000-4000-8000-000000000005') as TransactionId;
/** So large that times are told from other numbers. */
const NOW = 1_000_000;

/**
 * One two-phase transaction with its coordinators, participants and network as a system to explore. The
 * transition is the shipped one; the branches are those of the barrier's model; messages are sets that only
 * grow, which is every loss, repetition, delay and reordering at once.
 */
export class TwoPhaseSystem implements System<Snapshot> {
  readonly initial: Snapshot;
  private readonly definition: TwoPhaseDefinition;
  private readonly natures: ReadonlyMap<string, BranchSetting>;
  private readonly rows: Rows;
  private readonly places: Places;
  private readonly answers = new Interner<Answer>();

  constructor(
    private readonly setting: ExplorerSetting,
    private readonly parts: ExplorerParts = SHIPPED_EXPLORER_PARTS,
  ) {
    const { branches, maxRounds, maxAttempts, budget, coordinators } = setting;
    const shape = { branches: branches.length, maxRounds, maxAttempts };
    this.definition = twoPhaseOf(shape, { isBroken: false, build: 1 });
    const named = branches.map((branch, index) => [`b${index}`, branch] as const);
    this.natures = new Map(named);
    this.rows = new Rows(parts.machine, this.definition);
    this.places = new Places([...this.natures.keys()]);
    const pinned = { name: this.definition.name, version: 1, hash: '' };
    const request = { id: ID, definition: pinned, input: {}, at: NOW };
    this.initial = {
      row: this.rows.of(parts.machine.start(this.definition, request).next),
      isLate: false,
      desks: Array.from({ length: coordinators }, () => IDLE),
      place: this.places.first,
      commands: new ItemSets<Sent>().empty,
      replies: new ItemSets<Answer>().empty,
      budget,
    };
  }

  *moves(state: Snapshot): Moves {
    const { desks, isLate, commands, place } = state;
    const [one, two] = desks;
    const areAlike = one !== undefined && two !== undefined && describe(one) === describe(two);
    for (const [index, desk] of desks.entries()) {
      // Coordinators are alike: what the one may do the other may.
      if (index === 0 || !areAlike) yield* this.movesAt(state, index, desk);
    }
    if (this.setting.hasDeadline && !isLate) {
      yield { name: 'the deadline passes', take: () => ({ ...state, isLate: true }) };
    }
    for (const { command } of commands.byKey.values()) yield* this.deliveries(state, command);
    for (const [step, branch] of place.branches) yield* this.ofBranch(state, step, branch);
  }

  check({ row, place }: Snapshot): void {
    const { status, state } = row.transaction;
    promise(status !== 'parked', `T12: nothing contradicts: ${state.parked?.detail ?? ''}`);
    if (row.isEnded) place.ledger.judge(status);
    if (this.setting.mustCommit) promise(status !== 'aborting', 'AC4: no fault, no no: it commits');
  }

  isEnd({ row, place }: Snapshot): boolean {
    return row.isEnded && !place.isAnyHeld;
  }

  canonical({ row, isLate, desks, place, commands, replies, budget }: Snapshot): string {
    const [one, two] = desks.map(describe);
    const both = two === undefined || one === undefined || one < two ? [one, two] : [two, one];
    const { timeouts, failures, deaths, coordinatorDeaths, cancels } = budget;
    const left = [timeouts, failures, deaths, coordinatorDeaths, cancels];
    return `${row.id} ${isLate} ${both.join()} ${place.id} ${commands.id} ${replies.id} ${left.join()}`;
  }

  private *movesAt(state: Snapshot, index: number, { proposal, unsent }: Desk): Moves {
    const isIdle = !proposal && unsent.length === 0;
    if (!isIdle && state.budget.coordinatorDeaths > 0) {
      const left = spend(state, 'coordinatorDeaths');
      yield { name: `c${index} dies`, take: () => withDesk(left, index, IDLE) };
    }
    if (proposal) yield { name: `c${index} stores`, take: () => this.store(state, index) };
    else if (unsent.length > 0) {
      const name = `c${index} sends ${unsent.map(({ key }) => key).join()}`;
      yield { name, take: () => withDesk(this.send(state, unsent), index, IDLE) };
    } else yield* this.idle(state, index);
  }

  private *idle(state: Snapshot, index: number): Moves {
    const { row, commands } = state;
    const unsent = row.pending.filter((sent) => commands.byKey.get(sent.key) !== sent);
    if (unsent.length > 0) {
      yield { name: `c${index} wakes up`, take: () => withDesk(state, index, { unsent }) };
    }
    for (const { name, event, left } of this.events(state)) {
      const decided = this.rows.decide(row, `${name} ${state.isLate}`, event);
      if (!decided) continue;
      yield { name: `c${index} ${name}`, take: () => this.propose(left, index, decided) };
    }
  }

  /** What a coordinator may hear of. */
  private *events(state: Snapshot) {
    const { budget, isLate, row, replies } = state;
    const at = this.now(state);
    for (const [key, { command, reply }] of replies.byKey) {
      const { step, direction, attempt } = command;
      const type = answerTypeOf(direction);
      const event = { type, at, entropy: 0.5, step, direction, attempt, reply } as Event;
      yield { name: `hears ${key}`, event, left: state };
    }
    for (const { key, command } of budget.timeouts > 0 ? row.pending : []) {
      const { step, direction, attempt } = command;
      const event: Event = { type: 'timed-out', at, entropy: 0.5, step, direction, attempt };
      yield { name: `gives up ${key}`, event, left: spend(state, 'timeouts') };
    }
    const late: Event = { type: 'deadline-passed', at };
    if (isLate) yield { name: 'sees it is late', event: late, left: state };
    if (budget.cancels > 0) {
      const event: Event = { type: 'cancel-requested', at, by: 'operator', reason: 'because' };
      yield { name: 'is told to cancel', event, left: spend(state, 'cancels') };
    }
  }

  private now({ isLate, row }: Snapshot): number {
    return isLate ? row.transaction.deadline : NOW;
  }

  private propose(state: Snapshot, index: number, decided: Decided): Snapshot {
    const proposal = { ...decided, base: state.row.transaction.version };
    const proposed = withDesk(state, index, { proposal, unsent: [] });
    return this.setting.coordinators === 1 ? this.store(proposed, index) : proposed;
  }

  private store(state: Snapshot, index: number): Snapshot {
    const { proposal } = state.desks[index] ?? IDLE;
    const { transaction } = state.row;
    if (!proposal || !this.parts.mayStore(transaction, proposal.base)) {
      return withDesk(state, index, IDLE);
    }
    const { next, due: unsent } = proposal;
    return withDesk(this.become(state, next), index, { unsent });
  }

  /** The row is another one. What others decided on the old one is of no use to them any more. */
  private become(state: Snapshot, next: Row): Snapshot {
    this.rows.checkFollows(state.row, next);
    const { transaction } = next;
    const desks = state.desks.map((desk) =>
      desk.proposal && !this.parts.mayStore(transaction, desk.proposal.base) ? IDLE : desk,
    );
    return { ...state, row: next, desks };
  }

  private send(state: Snapshot, unsent: readonly Sent[]): Snapshot {
    let { commands } = state;
    for (const sent of unsent) {
      const { step, direction } = sent.command;
      const isDecision = direction === 'commit' || direction === 'abort';
      const { group } = state.row.transaction.state;
      const decided = decisionOfRound(group, parseStepName(step)?.round ?? 0);
      promise(!isDecision || decided === direction, `T2: ${direction} is told when it is durable`);
      commands = commands.with(sent.key, sent);
    }
    return { ...state, commands };
  }

  private *deliveries(state: Snapshot, command: OutgoingCommand): Moves {
    const { step, direction } = command;
    const branch = state.place.branches.get(step) ?? UNTOUCHED;
    const name = `${step} is told ${direction}`;
    if (!isAsked(direction)) {
      for (const work of this.worksOf(state, step)) {
        const next = this.parts.decideAlone(branch, () => work);
        const left = work === 'fails' ? spend(state, 'failures') : state;
        yield { name: `${name}: ${work}`, take: () => this.answered(left, command, next) };
      }
      return;
    }
    const next = this.parts.arrive(branch, direction, this.natureOf(step).resource);
    const isTrouble = next.reply?.outcome === 'failed';
    if (isTrouble && state.budget.failures === 0) return;
    const left = isTrouble ? spend(state, 'failures') : state;
    yield { name, take: () => this.answered(left, command, next) };
    const { halfway, effect } = next;
    if (!halfway || state.budget.deaths === 0) return;
    const half = { branch: halfway, ...(effect && { effect }) };
    const after = spend(state, 'deaths');
    yield { name: `${name}, and dies half-way`, take: () => this.changed(after, step, half) };
  }

  private *ofBranch(state: Snapshot, step: string, branch: Branch): Moves {
    const prepare = state.commands.byKey.get(`${step}/prepare`);
    if (branch.isUnderWay && prepare) {
      for (const work of this.worksOf(state, step)) {
        const next = this.parts.conclude(branch, work);
        const left = work === 'fails' ? spend(state, 'failures') : state;
        const { command } = prepare;
        yield {
          name: `${step} has done it: ${work}`,
          take: () => this.answered(left, command, next),
        };
      }
    }
    if (branch.isUnderWay && state.budget.deaths > 0) {
      const left = spend(state, 'deaths');
      const next = { branch: this.parts.die(branch) };
      yield { name: `${step} dies`, take: () => this.changed(left, step, next) };
    }
    const mayAsk = branch.isHeld && this.natureOf(step).resource === 'prepared';
    if (mayAsk) yield { name: `${step} asks`, take: () => this.inquire(state, step, branch) };
  }

  private inquire(state: Snapshot, step: string, branch: Branch): Snapshot {
    let after = state;
    const asked = {
      load: () => after.row.transaction,
      giveUp: (at: number) => {
        const event: Event = { type: 'deadline-passed', at };
        const decided = this.rows.decide(after.row, 'is asked when it is late', event);
        if (decided) after = this.become(after, decided.next);
      },
    };
    const decision = this.parts.inquire(asked, step, this.now(state));
    if (decision === 'undecided') return after;
    return this.changed(after, step, this.parts.arrive(branch, decision, 'prepared'));
  }

  private answered(state: Snapshot, command: OutgoingCommand, next: BranchStep): Snapshot {
    const after = this.changed(state, command.step, next);
    const { reply } = next;
    if (!reply) return after;
    const { step, direction } = command;
    // Attempts share one outcome; only a failure is that of its own attempt.
    const attempt = reply.outcome === 'failed' ? command.attempt : 1;
    const said = reply.outcome === 'succeeded' ? (reply.vote ?? 'done') : reply.outcome;
    const key = `${step}/${direction}/${attempt}/${said}`;
    const answer = this.answers.get(key, (id) => ({
      ...{ id, reply, command: { step, direction, attempt } },
    }));
    const replies = after.replies.with(key, answer);
    return replies === after.replies ? after : { ...after, replies };
  }

  private changed(state: Snapshot, step: string, next: BranchStep): Snapshot {
    const place = this.places.change(state.place, step, next);
    return place === state.place ? state : { ...state, place };
  }

  private worksOf({ budget }: Snapshot, step: string): readonly Work[] {
    const { works } = this.natureOf(step);
    return budget.failures > 0 ? [...works, 'fails'] : works;
  }

  private natureOf(step: string): BranchSetting {
    const nature = this.natures.get(parseStepName(step)?.branch ?? '');
    if (!nature) throw new TypeError(`no branch is called ${step}`);
    return nature;
  }
}

function describe({ proposal, unsent }: Desk): string {
  const due = (proposal?.due ?? unsent).map(({ id }) => id).join('.');
  return proposal ? `${proposal.base}>${proposal.next.id}>${due}` : due;
}

function withDesk(state: Snapshot, index: number, desk: Desk): Snapshot {
  return { ...state, desks: state.desks.map((other, at) => (at === index ? desk : other)) };
}

function spend(state: Snapshot, fault: keyof Budget): Snapshot {
  return { ...state, budget: { ...state.budget, [fault]: state.budget[fault] - 1 } };
}
