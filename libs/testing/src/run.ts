import {
  isEnded,
  machineOf,
  validate,
  type AnyTransaction,
  type Command,
  type Definition,
  type Direction,
  type Event,
  type Failure,
  type Machine,
  type OutgoingCommand,
  type Parked,
  type Reply,
  type Status,
  type TransactionId,
} from '@skald/core';
import { asTransactionId } from '@skald/core';
import { diffOf, jsonOf } from './diff.js';

/** The transaction id that mappings see in a run, unless another is given. */
export const RUN_ID = asTransactionId('00000000-0000-4000-8000-000000000001') as TransactionId;

export interface RunOptions {
  /** `RUN_ID` by default. */
  readonly id?: TransactionId;
}

type Unplaced<E> = E extends Event ? Omit<E, 'at' | 'step' | 'direction' | 'attempt'> : never;

/**
 * A transaction under way without a database or a broker: the test is every participant, and reads like
 * the story. Every method is one thing that happens; all return the run itself.
 *
 * Several commands may be asked at once, by the branches of a two-phase group. `expects` says which of
 * them the following is about; without it, it is about the first.
 */
export class Run {
  protected transaction: AnyTransaction;
  private readonly machine: Machine;
  private refused: string | null = null;
  private about: OutgoingCommand | undefined;

  /** @throws Error when the definition's schema refuses `input`. */
  constructor(
    protected readonly definition: Definition,
    input: unknown,
    { id = RUN_ID }: RunOptions = {},
  ) {
    const machine = machineOf(definition.protocol);
    if (!machine) throw new Error(`nothing runs ${definition.protocol}`);
    this.machine = machine;
    const checked = validate(definition.input, input);
    if (!checked.ok) {
      const wrong = checked.errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`);
      throw new Error(`${definition.name} does not take this input\n${wrong.join('\n')}`);
    }
    const { name, version } = definition;
    const request = { id, definition: { name, version, hash: 'of-a-test' }, at: 0 };
    this.transaction = machine.start(definition, { ...request, input: checked.value }).next;
  }

  get status(): Status {
    return this.transaction.status;
  }

  /** Why it turned back, or was aborted: the business error that its caller learns. */
  get failure(): Failure | null {
    return this.transaction.state.failure;
  }

  get parked(): Parked | null {
    return this.transaction.state.parked;
  }

  /** What the whole transaction answers, once it is completed or committed. */
  get output(): unknown {
    const { output } = this.transaction.payloads;
    return output === null ? null : (JSON.parse(output) as unknown);
  }

  /** Why the last thing asked of it was not possible; null when it was. */
  get refusal(): string | null {
    return this.refused;
  }

  /** All commands it waits for an answer to. */
  get asked(): readonly OutgoingCommand[] {
    if (isEnded(this.status)) return [];
    return this.machine.pendingCommands(this.definition, this.transaction);
  }

  /** The command that the story is about now: the one last expected, if it is still asked, or the first. */
  get pending(): OutgoingCommand | undefined {
    const { asked } = this;
    return asked.find((command) => isSame(command, this.about)) ?? asked[0];
  }

  /**
   * One of the commands that are asked must be this one, with this request; `direction` says in which
   * phase, where that is not plain. @throws Error showing the difference.
   */
  expects(command: Command, direction?: Direction): this {
    const { asked } = this;
    const expected = nameOf(command.operation);
    if (asked.length === 0) throw this.unexpected(`expected ${expected}, but nothing is asked`);
    const found = asked.find(({ operation }) => nameOf(operation) === expected);
    if (!found) {
      const others = asked.map(({ operation }) => nameOf(operation)).join(', ');
      throw this.unexpected(`expected ${expected}, but ${others} is asked`);
    }
    if (direction !== undefined && found.direction !== direction) {
      throw this.unexpected(`expected ${direction} of ${expected}, but it is ${found.direction}`);
    }
    const difference = diffOf(jsonOf(command.body), jsonOf(JSON.parse(found.body)));
    if (difference) {
      throw this.unexpected(`${expected} is asked with another request\n${difference}`);
    }
    this.about = found;
    return this;
  }

  /** Nothing more is asked: it has ended, or waits for a human. @throws Error naming what is asked. */
  expectsNothing(): this {
    const { pending, status } = this;
    if (pending && status !== 'parked') {
      throw this.unexpected(`expected nothing, but ${nameOf(pending.operation)} is asked`);
    }
    return this;
  }

  /** The command succeeds, answered by `reply`; `{}` by default, which compensations answer. */
  succeeds(reply: unknown = {}): this {
    return this.answers({ outcome: 'succeeded', reply });
  }

  /** The branch votes; read-only with its reply, and hears no more of it. */
  votes(vote: 'commit' | 'read-only', reply: unknown = {}): this {
    return this.answers({ outcome: 'succeeded', reply, vote });
  }

  /** The participant says no, for good: for a branch, the vote abort. */
  rejects(reason: string, detail?: string): this {
    return this.answers({ outcome: 'rejected', reason, ...(detail !== undefined && { detail }) });
  }

  /** The participant is in trouble that may pass, `times` attempts in a row. */
  fails(reason = 'unavailable', times = 1): this {
    return this.repeatedly(times, () => this.answers({ outcome: 'failed', reason }));
  }

  /** No answer comes, `times` attempts in a row. */
  timesOut(times = 1): this {
    return this.repeatedly(times, () => this.happens({ type: 'timed-out', entropy: 0.5 }));
  }

  /** Asked by `bar`, the participant answers that the step never happened and never will. */
  barred(): this {
    return this.answers({ outcome: 'barred' });
  }

  /** Any other answer of the protocol. */
  answers(reply: Reply): this {
    return this.happens({ type: typeOf(this.pending?.direction), entropy: 0.5, reply });
  }

  deadlinePasses(): this {
    const at = Math.max(this.transaction.deadline, this.transaction.updatedAt);
    return this.feed({ type: 'deadline-passed', at });
  }

  cancel(reason = 'cancelled in a test'): this {
    return this.feed({ type: 'cancel-requested', ...this.requested(reason) });
  }

  retry(reason = 'retried in a test'): this {
    return this.feed({ type: 'retry-requested', ...this.requested(reason) });
  }

  private repeatedly(times: number, happen: () => void): this {
    const first = this.pending;
    for (let count = 1; count <= times; count++) {
      if (!isSame(this.pending, first)) {
        throw this.unexpected(`it was asked ${count - 1} times, not ${times}`);
      }
      happen();
    }
    return this;
  }

  /** Something happens to the pending command, when it is due at the earliest. */
  private happens(event: Unplaced<Happening>): this {
    const { pending } = this;
    if (!pending || this.status === 'parked') {
      throw this.unexpected(`nothing is asked that could be answered (${event.type})`);
    }
    const { step, direction, attempt } = pending;
    return this.feed({ ...event, step, direction, attempt, at: this.later() });
  }

  protected feed(event: Event): this {
    const { next, refusal } = this.machine.transition(this.definition, this.transaction, event);
    this.transaction = next;
    this.refused = refusal ?? null;
    return this;
  }

  protected requested(reason: string) {
    return { at: this.later(), by: 'test', reason };
  }

  private later(): number {
    return this.transaction.updatedAt + 1;
  }

  private unexpected(why: string): Error {
    const { name } = this.definition;
    const parked = this.parked ? ` (${this.parked.reason}: ${this.parked.detail ?? ''})` : '';
    return new Error(`${name}: ${why}\nit is ${this.status}${parked}`);
  }
}

type Happening = Extract<
  Event,
  { type: 'reply-received' | 'vote-received' | 'decision-acknowledged' | 'timed-out' }
>;

function typeOf(direction: Direction | undefined) {
  if (direction === 'prepare') return 'vote-received';
  return direction === 'commit' || direction === 'abort'
    ? 'decision-acknowledged'
    : 'reply-received';
}

function isSame(one: OutgoingCommand | undefined, other: OutgoingCommand | undefined): boolean {
  return one?.step === other?.step && one?.direction === other?.direction;
}

function nameOf({ participant, operation }: Command['operation']): string {
  return `${participant}.${operation}`;
}
