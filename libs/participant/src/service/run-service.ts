import { ConfigurationError } from './environment.js';

const STOP_LIMIT_MS = 8_000;

/** Something that serves until it is stopped. */
export interface Service {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Runs a service as a process of its own.
 *
 * Tells a parent over IPC `{ type: 'ready', port }` once it serves, or `{ type: 'fatal', message }`
 * when it never will. Stops at `{ type: 'stop' }`, at SIGTERM and when the parent goes away; then
 * SIGINT is ignored, since Ctrl-C reaches the whole process group and the parent decides the order.
 * Exit codes: 0 stopped, 1 failed, 2 a configuration or a port that cannot be used.
 */
export async function runService(name: string, start: () => Promise<Service>): Promise<void> {
  const asked = whenAskedToStop();
  try {
    // Whoever is asked to stop while starting just ends: nothing is under way yet.
    const service = await Promise.race([start(), asked]);
    if (!service) process.exit(0);
    await announce(name, service.port);
    await asked;
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    await service.stop();
    process.exit(0);
  } catch (error) {
    await fail(name, error);
  }
}

function whenAskedToStop(): Promise<undefined> {
  return new Promise((resolve) => {
    const stop = () => {
      resolve(undefined);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', () => {
      if (!process.send) stop();
    });
    process.on('disconnect', stop);
    process.on('message', (message) => {
      if ((message as { readonly type?: unknown } | null)?.type === 'stop') stop();
    });
  });
}

async function announce(name: string, port: number): Promise<void> {
  if (process.send) await tellParent({ type: 'ready', port });
  else process.stdout.write(`${name} listens on port ${port}\n`);
}

async function fail(name: string, error: unknown): Promise<never> {
  const message = usageMessage(error);
  if (message === undefined) {
    process.stderr.write(`${name}: ${describe(error)}\n`);
    process.exit(1);
  }
  process.stderr.write(`${name}: ${message}\n`);
  await tellParent({ type: 'fatal', message });
  process.exit(2);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** What to tell a user who can mend it by other settings; undefined for every other error. */
function usageMessage(error: unknown): string | undefined {
  if (error instanceof ConfigurationError) return error.message;
  const { code, port } = (error ?? {}) as { readonly code?: unknown; readonly port?: unknown };
  return code === 'EADDRINUSE' ? `port ${String(port)} is in use` : undefined;
}

function tellParent(message: object): Promise<void> {
  return new Promise((resolve) => {
    if (!process.send || !process.connected) {
      resolve();
      return;
    }
    // A parent that is gone already is noticed by 'disconnect'.
    process.send(message, () => {
      resolve();
    });
  });
}
