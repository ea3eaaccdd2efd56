import { z } from 'zod';
import type { Branch } from './gid.js';

const TIMEOUT_MS = 3_000;
const MAX_BYTES = 16 * 1024;

const Answer = z.object({
  decision: z.enum(['commit', 'abort', 'undecided', 'unknown']),
  retryAfterMs: z.number().min(0).default(500),
});

/** What the coordinator says about a branch. Only `commit` and `abort` are decisions. */
export type Answer = z.output<typeof Answer>;

/** Asks the coordinator for decisions over its HTTP API. */
export class DecisionClient {
  constructor(private readonly coordinator: URL) {}

  /**
   * @throws Error when there is no usable answer: nothing is known then.
   */
  async ask({ transaction, step }: Branch, signal: AbortSignal): Promise<Answer> {
    const response = await fetch(
      new URL(`/v1/transactions/${transaction}/decision`, this.coordinator),
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ step }),
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      },
    );
    const text = await textOf(response);
    if (response.status !== 200) throw new Error(`${response.status}: ${text.slice(0, 200)}`);
    return Answer.parse(JSON.parse(text));
  }
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    // Leaving the loop cancels the body, and with it the connection.
    if (bytes > MAX_BYTES) throw new Error(`an answer of more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
