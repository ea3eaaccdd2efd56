import type { OutgoingCommand, Reply } from '@skald/core';
import { BranchLedger } from './ledger.js';
import {
  isAsked,
  UNTOUCHED,
  type Branch,
  type BranchStep,
  type Resource,
  type Work,
} from './branch.js';
import type { TwoPhaseParts } from './parts.js';

/** How a branch's handler behaves: its first runs fail, the next refuse, all later ones succeed. */
export interface BranchNature {
  readonly resource: Resource;
  readonly fails: number;
  readonly refuses: number;
  readonly isReadOnly: boolean;
}

interface Session {
  readonly command: OutgoingCommand;
}

/** Gives a reply its way back. */
export type Answer = (command: OutgoingCommand, reply: Reply) => void;

interface ParticipantsWorld {
  readonly answer: Answer;
  readonly moment: () => void;
  /** A command waits for the handler that is at work, rather than being told to come again. */
  readonly isPatient: boolean;
}

/**
 * The participants of a two-phase world, with what their databases hold. A prepare takes two calls: it
 * begins, and `conclude` ends it, so that anything may arrive while the handler is at work.
 */
export class Participants {
  readonly ledger: BranchLedger;
  private readonly branches = new Map<string, Branch>();
  private readonly runs = new Map<string, number>();
  private sessions: Session[] = [];
  private isHealed = false;

  constructor(
    private readonly natures: ReadonlyMap<string, BranchNature>,
    private readonly parts: TwoPhaseParts,
    private readonly world: ParticipantsWorld,
  ) {
    this.ledger = new BranchLedger([...natures.keys()]);
  }

  /** From now on every handler succeeds, unless its no is final. */
  heal(): void {
    this.isHealed = true;
  }

  handle(command: OutgoingCommand): void {
    const { step, direction } = command;
    if (this.world.isPatient) this.concludeAll(step);
    const branch = this.branchOf(step);
    if (!isAsked(direction)) {
      this.take(
        command,
        this.parts.decideAlone(branch, () => this.work(step)),
      );
      return;
    }
    const next = this.parts.arrive(branch, direction, this.natureOf(step).resource);
    if (!branch.isUnderWay && next.branch.isUnderWay) this.sessions.push({ command });
    this.take(command, next);
  }

  /** A handler that is at work comes to its end. */
  conclude(pick: number): void {
    const session = this.sessions[pick % Math.max(this.sessions.length, 1)];
    if (!session) return;
    this.end(session);
  }

  /** All handlers that are at work, or those of one branch and round. */
  concludeAll(step?: string): void {
    const ending = this.sessions.filter(
      ({ command }) => step === undefined || command.step === step,
    );
    for (const session of ending) this.end(session);
  }

  private end(session: Session): void {
    this.sessions = this.sessions.filter((other) => other !== session);
    const { command } = session;
    const { step } = command;
    this.take(command, this.parts.conclude(this.branchOf(step), this.work(step)));
  }

  /** The process of one branch dies. */
  die(name: string): void {
    this.sessions = this.sessions.filter(({ command }) => nameOf(command.step) !== name);
    for (const [step, branch] of this.branches) {
      if (nameOf(step) === name) this.branches.set(step, this.parts.die(branch));
    }
  }

  /** Steps that are neither committed nor rolled back. */
  held(): string[] {
    return [...this.branches].flatMap(([step, { isHeld }]) => (isHeld ? step : []));
  }

  /** A human finishes a branch without waiting for the decision. */
  finishByHand(step: string, decision: 'commit' | 'abort'): void {
    this.branches.set(step, this.parts.finishByHand(this.branchOf(step), decision));
    this.ledger.spoil(step, decision === 'commit' ? 'applied' : 'out');
  }

  /** A branch is lost with its participant's database, which comes back from a backup. */
  forget(step: string): void {
    this.branches.delete(step);
    this.ledger.spoil(step, 'out');
  }

  /** Steps that are prepared, whose participant would ask for the decision. A reservation is not asked for. */
  prepared(): string[] {
    return this.held().filter((step) => this.natureOf(step).resource === 'prepared');
  }

  /** What was inquired is carried out; nobody is told. */
  resolve(step: string, decision: 'commit' | 'abort'): void {
    this.become(step, this.parts.arrive(this.branchOf(step), decision, 'prepared'));
  }

  private take(command: OutgoingCommand, next: BranchStep): void {
    this.become(command.step, next);
    if (!next.reply) return;
    this.world.moment(); // D6: done, and nobody told of it.
    this.world.answer(command, next.reply);
  }

  private become(step: string, { branch, effect, halfway }: BranchStep): void {
    if (halfway) {
      this.branches.set(step, halfway);
      if (effect) this.ledger.note(step, effect);
      this.world.moment();
    } else if (effect) this.ledger.note(step, effect);
    this.branches.set(step, branch);
  }

  private work(step: string): Work {
    const { fails, refuses, isReadOnly } = this.natureOf(step);
    const run = (this.runs.get(nameOf(step)) ?? 0) + 1;
    this.runs.set(nameOf(step), run);
    if (!this.isHealed && run <= fails) return 'fails';
    if (run > fails && run <= fails + refuses) return 'no';
    return isReadOnly ? 'read-only' : 'yes';
  }

  private branchOf(step: string): Branch {
    return this.branches.get(step) ?? UNTOUCHED;
  }

  private natureOf(step: string): BranchNature {
    const nature = this.natures.get(nameOf(step));
    if (!nature) throw new TypeError(`no branch is called ${step}`);
    return nature;
  }
}

function nameOf(step: string): string {
  return step.slice(0, step.lastIndexOf('.'));
}
