import { TransientMap } from '@skald/core';
import type { Log, LogFields } from '@skald/engine';
import { Pool } from 'undici';
import { Exchange, type Ending, type HttpRequest } from './exchange.js';
import { guardedLookup, type RegisteredOrigin } from './origins.js';

const MAX_RESPONSE_BYTES = 1024 * 1024;
const QUIET_MS = 10_000;

export interface LinkOptions {
  readonly participant: string;
  readonly origin: RegisteredOrigin;
  /** Most commands in one envelope. */
  readonly maxCommands: number;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly log: Log;
  readonly now: () => number;
}

/** The connections to one participant, what is under way on them, and whether it can be reached. */
export class ParticipantLink {
  readonly maxCommands: number;
  readonly #options: LinkOptions;
  readonly #pool: Pool;
  readonly #underWay = new TransientMap<number, Exchange>();
  #exchanges = 0;
  readonly #loggedAt = new Map<string, number>();
  #unreachable: string | undefined;
  #onDrained: (() => void) | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.maxCommands = options.maxCommands;
    const { origin, connections, connectTimeoutMs } = options;
    this.#pool = new Pool(origin.origin, {
      connections,
      pipelining: 1,
      connectTimeout: connectTimeoutMs,
      connect: { lookup: guardedLookup(origin.isListed) },
      maxResponseSize: MAX_RESPONSE_BYTES,
    });
  }

  /** Why the last request could not be handed over, or undefined when it was. */
  get unreachable(): string | undefined {
    return this.#unreachable;
  }

  /** Sends one request; `onEnd` is called once, never from within. */
  exchange(request: HttpRequest, timeoutMs: number, onEnd: (ending: Ending) => void): void {
    const number = ++this.#exchanges;
    const exchange = new Exchange((ending) => {
      this.#underWay.delete(number);
      this.#notice(ending);
      onEnd(ending);
      if (this.#underWay.size === 0) this.#onDrained?.();
    });
    this.#underWay.set(number, exchange);
    exchange.begin(this.#pool, request, timeoutMs);
  }

  /** Tells an operator, of the same matter at most once in ten seconds. */
  tell(level: 'warn' | 'error', message: string, fields: LogFields): void {
    const { participant, log, now } = this.#options;
    const matter = `${message} ${Object.values(fields).join(' ')}`;
    const at = now();
    const last = this.#loggedAt.get(matter);
    if (last !== undefined && Math.abs(at - last) < QUIET_MS) return;
    this.#loggedAt.set(matter, at);
    log[level](message, { participant, ...fields });
  }

  /** What is under way may end within `drainMs`; then it is cut. Fulfils when all sockets are closed. */
  async close(drainMs: number): Promise<void> {
    if (this.#underWay.size > 0) await this.#drained(drainMs);
    for (const exchange of this.#underWay.values()) exchange.cut('connection-lost');
    await this.#pool.destroy();
  }

  async #drained(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#onDrained = resolve;
      timer = setTimeout(resolve, withinMs);
    });
    clearTimeout(timer);
  }

  #notice(ending: Ending): void {
    if (ending.kind === 'not-sent') {
      this.#unreachable = ending.code;
      this.tell('warn', 'participant cannot be reached', { code: ending.code });
    } else if (this.#unreachable !== undefined) {
      this.#unreachable = undefined;
      this.#options.log.info('participant can be reached again', {
        participant: this.#options.participant,
      });
    }
  }
}
