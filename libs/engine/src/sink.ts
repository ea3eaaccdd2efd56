import {
  answerTypeOf,
  type OutgoingCommand,
  type PreparedReport,
  type Reply,
  type ReplyEvent,
} from '@skald/core';
import type { DatabaseClock } from './clock.js';
import type { Dispatcher } from './dispatcher.js';
import type { Live, Work } from './live.js';
import type { Log } from './ports/log.js';
import type { StoredTransaction } from './ports/store.js';
import type { DeadLetter, Sign, TransportSink, Undelivered } from './ports/transport.js';
import type { Residents } from './residents.js';

export interface SinkOptions {
  readonly residents: Residents;
  readonly dispatcher: Dispatcher;
  readonly clock: DatabaseClock;
  readonly log: Log;
  readonly random: () => number;
  readonly feed: (live: Live, work: Work) => void;
  readonly addDeadLetter: (letter: DeadLetter) => Promise<void>;
  readonly recordPrepared: (report: PreparedReport) => Promise<void>;
}

interface Arrived {
  readonly reply: ReplyEvent;
  readonly at: number;
  readonly entropy: number;
  readonly onDurable: (() => void) | undefined;
}

const LOOK_UP_PAUSE_MS = 500;

/**
 * Failures that say that the participant cannot work now: a transport made them up because it gave no
 * usable answer, or it says itself that its database is away.
 */
const NO_ANSWER =
  /^(timeout|connection-lost|bad-answer|response-too-large|unavailable|http-5\d\d)$/;

/** Where transports put what arrives: replies become events of the transactions they belong to. */
export class ReplySink implements TransportSink {
  private isStopped = false;

  constructor(private readonly options: SinkOptions) {}

  /** The store is not waited for any more: an answer that is kept goes, and is given or asked for again. */
  stop(): void {
    this.isStopped = true;
  }

  replied(reply: ReplyEvent, onDurable?: () => void): void {
    const { residents, clock, random } = this.options;
    const arrived = { reply, at: clock.now(), entropy: random(), onDurable };
    const live = residents.get(reply.transaction);
    if (live) {
      this.deliver(arrived, live, undefined);
    } else if (residents.hasEnded(reply.transaction)) {
      onDurable?.();
    } else {
      this.lookUp(arrived);
    }
  }

  private lookUp(arrived: Arrived): void {
    const { reply, onDurable } = arrived;
    this.options.residents.lookUp(
      reply.transaction,
      (found, stored) => this.deliver(arrived, found, stored),
      // The store is away: the answer is kept until it is back.
      () => {
        if (this.isStopped) return;
        setTimeout(() => this.replied(reply, onDurable), LOOK_UP_PAUSE_MS);
      },
    );
  }

  private deliver(
    arrived: Arrived,
    live: Live | undefined,
    stored: StoredTransaction | undefined,
  ): void {
    if (live && this.settle(live, arrived.reply)) this.take(live, arrived);
    else this.drop(arrived, live ?? stored);
  }

  undelivered(command: OutgoingCommand, { reason, retryAfterMs }: Undelivered): void {
    const { dispatcher, residents, log } = this.options;
    dispatcher.settle(command, 'undelivered');
    log.debug('a command did not reach its participant', {
      transaction: command.transaction,
      participant: command.participant,
      reason,
      retryAfterMs,
    });
    // No attempt was made, so none counts: it is asked again as its circuit allows.
    const live = residents.get(command.transaction);
    const { step, direction } = command;
    const awaits = live
      ?.commands()
      .some((other) => other.step === step && other.direction === direction);
    if (live?.isOpen && awaits) dispatcher.submit(command);
  }

  reported(report: PreparedReport): Promise<void> {
    return this.options.recordPrepared(report);
  }

  deadLetter(letter: DeadLetter): Promise<void> {
    const { source, reason } = letter;
    this.options.log.warn('a message was put among the dead letters', { source, reason });
    return this.options.addDeadLetter(letter);
  }

  /** A participant is not believed when it answers what another one was asked. */
  private isForged(asked: OutgoingCommand, reply: ReplyEvent): boolean {
    const { participant, step, transaction } = reply;
    if (participant === undefined || asked.participant === participant) return false;
    this.options.log.error('a participant answered for another', {
      transaction,
      step,
      participant,
    });
    return true;
  }

  /** Tells the gate; false when the answer is not to be believed, or its failure does not count. */
  private settle(live: Live, reply: ReplyEvent): boolean {
    const { dispatcher } = this.options;
    const pending = live.commands().find((command) => command.step === reply.step);
    if (!pending || !live.isOpen) return true; // The transition absorbs it.
    // Also what answers another direction: an action's answer settles a bar.
    if (this.isForged(pending, reply)) return false;
    if (pending.direction !== reply.direction) return true;
    const sign = signOf(reply.reply);
    const isStale = sign === 'timeout' && reply.attempt !== pending.attempt;
    if (isStale) return true;
    const counts = dispatcher.settle(pending, sign);
    if (sign !== 'timeout' || counts) return true;
    live.askAgain(pending);
    dispatcher.submit(pending);
    return false;
  }

  private take(live: Live, { reply, at, entropy, onDurable }: Arrived): void {
    const { step, direction, attempt } = reply;
    const type = answerTypeOf(direction);
    const answer = { type, step, direction, attempt, reply: reply.reply, at, entropy };
    const event = live.wasAskedBefore(step, direction)
      ? { ...answer, wasAskedBefore: true }
      : answer;
    this.options.feed(live, onDurable ? { event, onDone: onDurable } : { event });
  }

  private drop({ reply, onDurable }: Arrived, known: unknown): void {
    if (known === undefined) {
      this.options.log.warn('a reply belongs to no transaction', {
        transaction: reply.transaction,
      });
    }
    onDurable?.();
  }
}

function signOf(reply: Reply): Sign {
  return reply.outcome === 'failed' && NO_ANSWER.test(reply.reason) ? 'timeout' : reply.outcome;
}
