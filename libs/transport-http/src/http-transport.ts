import { MAX_BATCH_COMMANDS, type OutgoingCommand, type Reply } from '@skald/core';
import type { Log, Transport, TransportHealth, TransportSink } from '@skald/engine';
import { packEnvelopes, readEnvelope, type Envelope } from './envelope.js';
import type { Ending } from './exchange.js';
import { registerOrigin } from './origins.js';
import { ParticipantLink } from './participant-link.js';
import { failedOf, misconfigured, restReply, restRequest, type FailedReply } from './rest.js';

/** How one participant is reached over HTTP. */
export interface HttpParticipant {
  /** `http://host:port` or https; loopback, or listed in `allowedOrigins`. */
  readonly origin: string;
  /**
   * `batch`: the commands of one `send` share envelopes of up to 100; `single`: each has its own.
   * Operations with a plain REST binding always leave one by one.
   */
  readonly mode: 'single' | 'batch';
}

export interface HttpTransportOptions {
  /** By name. Nobody else is ever called. */
  readonly participants: Readonly<Record<string, HttpParticipant>>;
  readonly log: Log;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** Origins outside of this machine that may be called. Default: none. */
  readonly allowedOrigins?: readonly string[];
  /** Keep-alive connections to each participant. Default 64. */
  readonly connections?: number;
  /** Default 2,000. undici measures it in steps of about half a second. */
  readonly connectTimeoutMs?: number;
  /** How long `stop` waits for answers. Default 5,000. */
  readonly drainTimeoutMs?: number;
}

/**
 * Commands over HTTP/1.1 (DESIGN.md section 6): an envelope of CloudEvents for participants that speak
 * it, plain requests for operations with a REST binding.
 *
 * Every command ends within its timeout. Answered whole and in order, it gets that reply. When nothing
 * is known of it, it gets `failed` with `timeout`, `connection-lost`, `response-too-large`,
 * `http-<status>` or `bad-answer`. When not a byte of it left, it is reported undelivered, as
 * `unreachable`, `not-registered` or `stopping`. Redirects are never followed, and proxies of the
 * environment are not used.
 */
export class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions;
  readonly #links = new Map<string, ParticipantLink>();
  #sink: TransportSink | undefined;
  #stopped: Promise<void> | undefined;

  /** @throws TypeError naming the participant whose origin is malformed or not allowed. */
  constructor(options: HttpTransportOptions) {
    this.#options = options;
    const { participants, allowedOrigins, log, now } = options;
    const { connections = 64, connectTimeoutMs = 2000 } = options;
    for (const [participant, { origin: text, mode }] of Object.entries(participants)) {
      const origin = registerOrigin(participant, text, allowedOrigins);
      const maxCommands = mode === 'batch' ? MAX_BATCH_COMMANDS : 1;
      const settings = { participant, origin, maxCommands, connections, connectTimeoutMs };
      this.#links.set(participant, new ParticipantLink({ ...settings, log, now }));
    }
  }

  start(sink: TransportSink): Promise<void> {
    this.#sink = sink;
    return Promise.resolve();
  }

  send(commands: readonly OutgoingCommand[]): void {
    const enveloped = new Map<ParticipantLink, OutgoingCommand[]>();
    for (const command of commands) {
      const link = this.#links.get(command.participant);
      if (!link || this.#stopped) {
        const reason = link ? 'stopping' : 'not-registered';
        setImmediate(() => this.#sink?.undelivered(command, { reason }));
      } else if (command.operation.rest) {
        this.#call(link, command);
      } else {
        const batch = enveloped.get(link);
        if (batch) batch.push(command);
        else enveloped.set(link, [command]);
      }
    }
    for (const [link, batch] of enveloped) this.#post(link, batch);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#close();
    return this.#stopped;
  }

  /** A participant that is down is named, but does not make this side unready. */
  health(): TransportHealth {
    const reasons: string[] = [];
    const isReady = this.#sink !== undefined && !this.#stopped;
    if (!isReady) reasons.push(this.#stopped ? 'stopped' : 'not started');
    for (const [participant, { unreachable }] of this.#links) {
      if (unreachable !== undefined) reasons.push(`${participant} is unreachable (${unreachable})`);
    }
    return { isReady, reasons };
  }

  async #close(): Promise<void> {
    const { drainTimeoutMs = 5000 } = this.#options;
    await Promise.all([...this.#links.values()].map((link) => link.close(drainTimeoutMs)));
    this.#sink = undefined;
  }

  #post(link: ParticipantLink, commands: readonly OutgoingCommand[]): void {
    const packed = packEnvelopes(commands, link.maxCommands, this.#options.now());
    for (const command of packed.tooLarge) {
      this.#refuse(link, command, misconfigured('command-too-large'));
    }
    for (const envelope of packed.envelopes) {
      // Of different timeouts the longest: none may be cut short for its neighbours.
      const timeoutMs = envelope.commands.reduce((max, c) => Math.max(max, c.timeoutMs), 0);
      link.exchange(envelope.request, timeoutMs, (ending) => {
        this.#readEnvelope(link, envelope, ending);
      });
    }
  }

  #readEnvelope(link: ParticipantLink, { commands }: Envelope, ending: Ending): void {
    const replies =
      ending.kind === 'answered' && ending.status === 200
        ? readEnvelope(ending, commands)
        : undefined;
    if (replies) {
      for (const reply of replies) this.#sink?.replied(reply);
    } else {
      const reply = this.#failure(ending);
      if (reply) {
        link.tell('warn', 'commands remain unanswered', { reason: reply.reason });
      }
      for (const command of commands) this.#end(command, reply);
    }
  }

  #call(link: ParticipantLink, command: OutgoingCommand): void {
    const { rest } = command.operation;
    if (!rest) return;
    const made = restRequest(command, rest);
    if ('reply' in made) {
      this.#refuse(link, command, made.reply);
      return;
    }
    link.exchange(made.request, command.timeoutMs, (ending) => {
      if (ending.kind !== 'answered') {
        this.#end(command, this.#failure(ending));
        return;
      }
      const reply = restReply(command, { rest, answer: ending, at: this.#options.now() });
      this.#alarm(link, command, reply);
      this.#end(command, reply);
    });
  }

  /** What a command gets that was not answered as agreed; undefined when it did not even leave. */
  #failure(ending: Ending): FailedReply | undefined {
    switch (ending.kind) {
      case 'not-sent':
        return undefined;
      case 'lost':
        return { outcome: 'failed', reason: ending.reason };
      case 'unsendable':
        return misconfigured('bad-request', ending.detail);
      case 'answered':
        return ending.status === 200
          ? { outcome: 'failed', reason: 'bad-answer' }
          : failedOf(ending, this.#options.now());
    }
  }

  #end(command: OutgoingCommand, reply: Reply | undefined): void {
    if (!reply) {
      this.#sink?.undelivered(command, { reason: 'unreachable' });
      return;
    }
    const { transaction, step, direction, attempt } = command;
    this.#sink?.replied({ transaction, step, direction, attempt, reply });
  }

  /** Answers a command that cannot be sent as it is. Later: the sink is never called from within `send`. */
  #refuse(link: ParticipantLink, command: OutgoingCommand, reply: Reply): void {
    this.#alarm(link, command, reply);
    setImmediate(() => {
      this.#end(command, reply);
    });
  }

  #alarm(link: ParticipantLink, command: OutgoingCommand, reply: Reply): void {
    if (reply.outcome !== 'failed' || reply.misconfigured !== true) return;
    const { operation } = command.operation;
    link.tell('error', 'participant and contract do not fit', { operation, reason: reply.reason });
  }
}
