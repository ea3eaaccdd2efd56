import { DefinitionError } from '@skald/core';
import { ConfigurationError } from './config.js';

/** Something that serves until it is stopped. */
export interface Running {
  readonly port: number;
  stop(): Promise<void>;
}

/** Beyond this the process ends without further ado; whatever was under way is recovered. */
const STOP_TIMEOUT_MS = 9_000;

/**
 * Runs `start` under the contract between a launcher and its children: `{ type: 'ready', port }` once
 * it serves; `{ type: 'fatal', message }` and status 2 when it is configured wrongly; it ends after
 * `{ type: 'stop' }`, SIGTERM, or when the channel closes. SIGINT reaches the whole group on Ctrl-C:
 * with a channel it is left to the launcher.
 */
export async function runProcess(start: () => Promise<Running>): Promise<void> {
  const begun = begin(start);
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= end(begun);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', process.send ? () => undefined : stop);
  process.on('disconnect', stop);
  process.on('message', (message: { readonly type?: unknown } | null) => {
    if (message?.type === 'stop') stop();
  });
  const running = await begun;
  if (running) tell({ type: 'ready', port: running.port });
}

async function begin(start: () => Promise<Running>): Promise<Running | undefined> {
  try {
    return await start();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Neither gets better by starting again.
    const isOurs = error instanceof ConfigurationError || error instanceof DefinitionError;
    process.stderr.write(`coordinator: ${isOurs ? message : describe(error)}\n`);
    if (isOurs) await new Promise<void>((sent) => tell({ type: 'fatal', message }, sent));
    process.exit(isOurs ? 2 : 1);
  }
}

async function end(begun: Promise<Running | undefined>): Promise<void> {
  setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
  try {
    await (await begun)?.stop();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`coordinator: could not stop in order: ${describe(error)}\n`);
    process.exit(1);
  }
}

function tell(message: object, sent: () => void = () => undefined): void {
  if (process.send && process.connected) process.send(message, undefined, undefined, sent);
  else sent();
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
