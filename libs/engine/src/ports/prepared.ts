import type { PreparedReport, Resolved, ResolveOrder } from '@skald/core';

/**
 * What participants have prepared, and the way to have it finished by hand.
 *
 * Both methods throw `ParticipantSilent` when the participant gave no usable answer.
 */
export interface PreparedSource {
  /** Those that it speaks for. */
  readonly participants: readonly string[];
  /** Undefined when it cannot be asked: it reports by itself, or prepares nothing. */
  ask(participant: string): Promise<PreparedReport | undefined>;
  /**
   * Has a prepared transaction finished. Undefined when nothing is prepared under that gid; `sent` when
   * the order is under way and no answer will come.
   */
  resolve(participant: string, order: ResolveOrder): Promise<Resolved | 'sent' | undefined>;
}

/** A participant that could not be asked. */
export class ParticipantSilent extends Error {
  override readonly name = 'ParticipantSilent';

  constructor(
    /** One word for logs and views: `unreachable`, `http-401`, `bad-answer` … */
    readonly trouble: string,
    options?: ErrorOptions,
  ) {
    super(`the participant gave no answer: ${trouble}`, options);
  }
}

/** The last that is known of a participant's prepared transactions. */
export interface KnownReport {
  readonly participant: string;
  /** Null when it never answered. */
  readonly report: PreparedReport | null;
  /** When it reported, ms since the epoch, and how long ago that was: by the coordinators' database. */
  readonly seenAt: number | null;
  readonly seenMsAgo: number;
  /** Since when it does not answer; null while it does. */
  readonly unreachableSince: number | null;
  readonly trouble: string | null;
}

/** What all instances know of prepared transactions. Methods throw `StoreError`. */
export interface PreparedStore {
  /** Those that nobody asked for so long; they are the caller's to ask. */
  turns(participants: readonly string[], everyMs: number): Promise<readonly string[]>;
  record(report: PreparedReport): Promise<void>;
  recordSilence(participant: string, trouble: string): Promise<void>;
  /** By name of participant. */
  reports(): Promise<readonly KnownReport[]>;
}
