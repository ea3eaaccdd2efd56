import type { Outcome, OutgoingCommand, PreparedReport, ReplyEvent } from '@skald/core';

/**
 * Carries commands to participants and their replies back. It decides nothing and retries nothing: there
 * is one retry layer, the engine. Implementations pass `transportConformance` of @skald/testing.
 */
export interface Transport {
  /** Begins to receive; what arrives goes to `sink`. */
  start(sink: TransportSink): Promise<void>;
  /**
   * Takes commands to send, all for participants of this transport, at most `maxInFlight` of a
   * participant unanswered at once (the engine's gate sees to it). Never throws: each command ends in a
   * reply, in `undelivered`, or in silence, which the engine's timer notices.
   */
  send(commands: readonly OutgoingCommand[]): void;
  /** Intake off, what is under way drained (bounded), connections closed. */
  stop(): Promise<void>;
  health(): TransportHealth;
}

export interface TransportSink {
  /**
   * An answer arrived. `onDurable` is called once what follows from it is stored, or once it is clear
   * that nothing has to be: only then may a bus forget the message.
   */
  replied(reply: ReplyEvent, onDurable?: () => void): void;
  /** The command did not reach the participant for certain: no attempt is counted, it is asked again by backoff. */
  undelivered(command: OutgoingCommand, why: Undelivered): void;
  /** A participant tells what it has prepared. Resolves when it is stored; rejects when it has to be kept. */
  reported(report: PreparedReport): Promise<void>;
  /** A message nobody can understand. Resolves when it is stored; rejects when it has to be kept. */
  deadLetter(letter: DeadLetter): Promise<void>;
}

export interface Undelivered {
  /** `unreachable`, `not-registered`, … one word for logs and views. */
  readonly reason: string;
  readonly retryAfterMs?: number;
}

export interface DeadLetter {
  /** Where it came from: `kafka:<topic>/<partition>@<offset>`. */
  readonly source: string;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  /** At most 64 kB of it. */
  readonly payload: Buffer;
}

export interface TransportHealth {
  readonly isReady: boolean;
  /** What is wrong, in words; empty when all is well. */
  readonly reasons: readonly string[];
}

/** What a gate learns of a participant: whether it answered at all. */
export type Sign = Outcome | 'timeout' | 'undelivered';
