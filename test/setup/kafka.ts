import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveBrokers, startBroker, stopLeftoverBroker } from '../../tools/kafka/index.mjs';
import { isAlive } from '../../tools/processes.mjs';
import { waitFor } from '../../tools/wait.mjs';

const RUNS = fileURLToPath(new URL('../../.cache/kafka/test', import.meta.url));
const FETCH_AND_START_MS = 600_000;

type Outcome = { brokers: string[] } | { error: string };

/**
 * The brokers for this Jest run: those of KAFKA_BROKERS, else one real broker that the first caller
 * starts, that all workers share, and that stops within a second of the end of the run, even if
 * Jest is killed. Topics are shared: give yours unique names. The first call may take a minute or
 * more on a machine that has no jars yet; give it time: `beforeAll(…, 600_000)`.
 */
export async function kafkaBrokers(): Promise<string[]> {
  const given = resolveBrokers();
  if (given) return given;
  const run = runPid();
  const dir = join(RUNS, String(run));
  if (claim(dir)) {
    sweep(run);
    settle(dir, await start(dir, run));
  }
  const outcome = await waitFor(() => outcomeOf(dir), {
    timeoutMs: FETCH_AND_START_MS,
    what: 'the Kafka broker that another worker starts',
    everyMs: 100,
  });
  if ('error' in outcome) throw new Error(outcome.error);
  return outcome.brokers;
}

/** Jest's own process: a worker is its child, and with --runInBand there are no workers. */
function runPid(): number {
  return process.argv[1]?.includes('jest-worker') === true ? process.ppid : process.pid;
}

/** Making a folder succeeds once: for one caller of the run. */
function claim(dir: string): boolean {
  mkdirSync(RUNS, { recursive: true });
  try {
    mkdirSync(dir);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

async function start(dir: string, run: number): Promise<Outcome> {
  try {
    const { brokers } = await startBroker({ dir: join(dir, 'broker'), stopWith: run });
    return { brokers };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function settle(dir: string, outcome: Outcome): void {
  const draft = join(dir, 'outcome.new');
  writeFileSync(draft, JSON.stringify(outcome));
  renameSync(draft, join(dir, 'outcome.json'));
}

function outcomeOf(dir: string): Outcome | null {
  const file = join(dir, 'outcome.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Outcome) : null;
}

/** Removes the folders of runs that are over; their brokers went with them. */
function sweep(run: number): void {
  for (const name of readdirSync(RUNS)) {
    const dir = join(RUNS, name);
    if (Number(name) === run || isAlive(Number(name))) continue;
    void stopLeftoverBroker(join(dir, 'broker')).then(() => {
      rmSync(dir, { recursive: true, force: true });
    });
  }
}
