import {
  asPreparedReport,
  type PreparedReport,
  type Resolved,
  type ResolveOrder,
} from '@skald/core';
import { ParticipantSilent, type PreparedSource } from '@skald/engine';
import { Pool } from 'undici';
import { guardedLookup, registerOrigin } from './origins.js';

export interface HttpPreparedOptions {
  /** Origins by name, as for the transport. */
  readonly participants: Readonly<Record<string, { readonly origin: string }>>;
  readonly allowedOrigins?: readonly string[];
  /** Shared with the participants. */
  readonly secret: string;
  /** Of one request. Default 3,000. */
  readonly timeoutMs?: number;
}

const PATH = '/skald/v1/prepared';
const MAX_RESPONSE_BYTES = 1_048_576;

/** Asks participants over HTTP what they have prepared. The connections are its own. */
export class HttpPrepared implements PreparedSource {
  readonly participants: readonly string[];
  readonly #pools = new Map<string, Pool>();
  readonly #authorization: string;
  readonly #timeoutMs: number;

  /** @throws TypeError naming the participant whose origin is malformed or not allowed. */
  constructor({ participants, allowedOrigins, secret, timeoutMs = 3_000 }: HttpPreparedOptions) {
    this.participants = Object.keys(participants);
    this.#authorization = `Bearer ${secret}`;
    this.#timeoutMs = timeoutMs;
    for (const [name, { origin: text }] of Object.entries(participants)) {
      const { origin, isListed } = registerOrigin(name, text, allowedOrigins);
      const connect = { lookup: guardedLookup(isListed) };
      const limits = {
        connections: 2,
        connectTimeout: timeoutMs,
        maxResponseSize: MAX_RESPONSE_BYTES,
      };
      this.#pools.set(name, new Pool(origin, { ...limits, connect }));
    }
  }

  async ask(participant: string): Promise<PreparedReport | undefined> {
    const { status, body } = await this.#request(participant, { method: 'GET', path: PATH });
    if (status === 404) return undefined; // It prepares nothing, or has no secret.
    const report = status === 200 ? asPreparedReport(body) : undefined;
    if (!report) throw new ParticipantSilent(status === 200 ? 'bad-answer' : `http-${status}`);
    return report;
  }

  async resolve(participant: string, order: ResolveOrder): Promise<Resolved | undefined> {
    const { status, body } = await this.#request(participant, {
      method: 'POST',
      path: `${PATH}/resolve`,
      body: JSON.stringify(order),
    });
    if (status === 404) return undefined;
    if (status !== 200 || !isResolved(body)) throw new ParticipantSilent(`http-${status}`);
    return body;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  async #request(
    participant: string,
    request: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: string },
  ): Promise<{ status: number; body: unknown }> {
    const pool = this.#pools.get(participant);
    if (!pool) throw new ParticipantSilent('not-registered');
    const authorization = this.#authorization;
    const isPost = request.body !== undefined;
    const headers = { authorization, ...(isPost && { 'content-type': 'application/json' }) };
    try {
      const signal = AbortSignal.timeout(this.#timeoutMs);
      const answer = await pool.request({ ...request, headers, signal });
      return { status: answer.statusCode, body: parsed(await answer.body.text()) };
    } catch (cause) {
      throw new ParticipantSilent('unreachable', { cause });
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isResolved(body: unknown): body is Resolved {
  return typeof body === 'object' && body !== null && 'result' in body && 'outcome' in body;
}
