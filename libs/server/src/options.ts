import type { Coordinator, InDoubtWatch, Log, StoredDeadLetter, Views } from '@skald/engine';
import type { DashboardOptions } from './dashboard/serve-dashboard.js';

/** What the HTTP API serves, and how open its doors are. */
export interface ServerOptions {
  readonly coordinator: Coordinator;
  readonly views: Views;
  readonly log?: Log;
  /** Names this coordinator for operators. */
  readonly name?: string;
  /** URLs of traces and logs, with `{transaction}` and `{traceId}` in the places of these. */
  readonly links?: { readonly trace?: string | undefined; readonly log?: string | undefined };
  /** Tells participants to finish what they have prepared. Without it nobody can be told. */
  readonly inDoubt?: Pick<InDoubtWatch, 'resolve'>;
  /**
   * Host names (no port) that requests may be addressed to, besides loopback ones: a page elsewhere that
   * resolves its own name to this address must get nothing.
   */
  readonly allowedHosts?: readonly string[];
  /** Event streams open at once. Default 100. */
  readonly maxStreams?: number;
  /** How often changes are looked for while somebody listens, ms. Default 250. */
  readonly streamPollMs?: number;
  /** Connections at once; more are refused. Default 4096. */
  readonly maxConnections?: number;
  /** The dashboard's files. Without it there is no dashboard, and unknown paths are problems. */
  readonly dashboard?: DashboardOptions;
  /**
   * Takes a dead letter in again, as if it arrived now. Without it replays are refused.
   *
   * @throws ProtocolError when it still cannot be understood.
   */
  readonly replay?: (letter: StoredDeadLetter) => Promise<void>;
}

/** Injection token of `ServerOptions`. */
export const SERVER_OPTIONS = Symbol('skald server options');

/** Who acts until there is authentication. */
export const LOCAL_PRINCIPAL = 'local';
