import {
  asTransactionId,
  isEnded,
  pendingCommands,
  start,
  transition,
  validate,
  type Command,
  type Event,
  type Failure,
  type OutgoingCommand,
  type Parked,
  type Reply,
  type SagaDefinition,
  type SagaTransaction,
  type Status,
  type TransactionId,
} from '@skald/core';
import { diffOf, jsonOf } from './diff.js';

/** The transaction id that mappings see in a saga run, unless another is given. */
export const RUN_ID = asTransactionId('00000000-0000-4000-8000-000000000001') as TransactionId;

interface RunOptions {
  /** `RUN_ID` by default. */
  readonly id?: TransactionId;
}

/**
 * Plays a saga without a database or a broker: the test is every participant, and reads like the story.
 *
 * @throws Error when the definition's schema refuses `input`.
 */
export function runSaga<Input>(
  definition: SagaDefinition<Input>,
  input: NoInfer<Input>,
  options: RunOptions = {},
): SagaRun {
  const checked = validate(definition.input, input);
  if (!checked.ok) {
    const wrong = checked.errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`);
    throw new Error(`${definition.name} does not take this input\n${wrong.join('\n')}`);
  }
  const { name, version } = definition;
  const pinned = { name, version, hash: 'of-a-test' };
  const request = { id: options.id ?? RUN_ID, definition: pinned, input: checked.value, at: 0 };
  return new SagaRun(definition, start(definition, request).next);
}

type Unplaced<E> = E extends Event ? Omit<E, 'at' | 'step' | 'direction' | 'attempt'> : never;

/** A saga under way. Every method is one thing that happens; all return the run itself. */
export class SagaRun {
  private refused: string | null = null;

  constructor(
    private readonly definition: SagaDefinition,
    private transaction: SagaTransaction,
  ) {}

  get status(): Status {
    return this.transaction.status;
  }

  /** Why it turned back: the business error that its caller learns. */
  get failure(): Failure | null {
    return this.transaction.state.failure;
  }

  get parked(): Parked | null {
    return this.transaction.state.parked;
  }

  /** What the whole saga answers, once it is completed. */
  get output(): unknown {
    const { output } = this.transaction.payloads;
    return output === null ? null : (JSON.parse(output) as unknown);
  }

  /** Why the last thing asked of it was not possible; null when it was. */
  get refusal(): string | null {
    return this.refused;
  }

  /** The command it waits for an answer to, if any. */
  get pending(): OutgoingCommand | undefined {
    if (isEnded(this.status)) return undefined;
    return pendingCommands(this.definition, this.transaction)[0];
  }

  /** The next command must be this one, with this request. @throws Error showing the difference. */
  expects(command: Command): this {
    const { pending } = this;
    const expected = nameOf(command.operation);
    if (!pending) throw this.unexpected(`expected ${expected}, but nothing is asked`);
    const asked = nameOf(pending.operation);
    if (asked !== expected) throw this.unexpected(`expected ${expected}, but ${asked} is asked`);
    const difference = diffOf(jsonOf(command.body), jsonOf(JSON.parse(pending.body)));
    if (difference) throw this.unexpected(`${asked} is asked with another request\n${difference}`);
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

  /** The participant says no, for good. */
  rejects(reason: string, detail?: string): this {
    return this.answers({ outcome: 'rejected', reason, ...(detail !== undefined && { detail }) });
  }

  /** The participant is in trouble that may pass, `times` attempts in a row. */
  fails(reason = 'unavailable', times = 1): this {
    return this.repeatedly(times, () => this.answers({ outcome: 'failed', reason }));
  }

  /** No answer comes, `times` attempts in a row. */
  timesOut(times = 1): this {
    return this.repeatedly(times, () => this.about({ type: 'timed-out', entropy: 0.5 }));
  }

  /** Asked by `bar`, the participant answers that the step never happened and never will. */
  barred(): this {
    return this.answers({ outcome: 'barred' });
  }

  /** Any other answer of the protocol. */
  answers(reply: Reply): this {
    return this.about({ type: 'reply-received', entropy: 0.5, reply });
  }

  deadlinePasses(): this {
    const at = Math.max(this.transaction.deadline, this.transaction.updatedAt);
    return this.feed({ type: 'deadline-passed', at });
  }

  cancel(reason = 'cancelled in a test'): this {
    return this.feed({ type: 'cancel-requested', ...this.asked(reason) });
  }

  retry(reason = 'retried in a test'): this {
    return this.feed({ type: 'retry-requested', ...this.asked(reason) });
  }

  /** Leaves out what it is parked on, optionally with a reply in its place. */
  skip(reply?: unknown, reason = 'skipped in a test'): this {
    const given = reply === undefined ? {} : { reply };
    return this.feed({ type: 'skip-requested', ...this.asked(reason), ...given });
  }

  /** Takes a human's word for the outcome of what it is parked on. */
  resolve(outcome: 'succeeded' | 'rejected', reply?: unknown, reason = 'resolved in a test'): this {
    const given = reply === undefined ? {} : { reply };
    return this.feed({ type: 'resolve-requested', outcome, ...this.asked(reason), ...given });
  }

  private repeatedly(times: number, happen: () => void): this {
    const first = this.pending;
    for (let count = 1; count <= times; count++) {
      const { pending } = this;
      if (pending?.step !== first?.step || pending?.direction !== first?.direction) {
        throw this.unexpected(`it was asked ${count - 1} times, not ${times}`);
      }
      happen();
    }
    return this;
  }

  /** Something happens to the pending command, when it is due at the earliest. */
  private about(event: Unplaced<Extract<Event, { type: 'reply-received' | 'timed-out' }>>): this {
    const { pending } = this;
    if (!pending || this.status === 'parked') {
      throw this.unexpected(`nothing is asked that could be answered (${event.type})`);
    }
    const { step, direction, attempt } = pending;
    return this.feed({ ...event, step, direction, attempt, at: this.later() });
  }

  private feed(event: Event): this {
    const { next, refusal } = transition(this.definition, this.transaction, event);
    this.transaction = next;
    this.refused = refusal ?? null;
    return this;
  }

  private asked(reason: string) {
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

function nameOf({ participant, operation }: Command['operation']): string {
  return `${participant}.${operation}`;
}
