import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transpile } from '../../tools/build/transpile.mjs';
import { launchCoordinator } from '../../tools/launcher/launch-coordinator.mjs';
import { launch, mainOfApp } from '../../tools/launcher/launch.mjs';
import type { Launched, LaunchOptions } from '../../tools/launcher/launch.mjs';
import type { ServiceName } from '../../tools/launcher/options.mjs';
import { readRun, type Run } from '../../tools/launcher/run-file.mjs';
import { isAlive } from '../../tools/processes.mjs';
import { waitFor } from '../../tools/wait.mjs';
import { doomOf, holdable, holdFile } from './hold.mjs';

export interface SkaldOptions {
  /** Commands travel over Kafka: KAFKA_BROKERS of `env` if set, else a broker of its own. */
  kafka?: boolean;
  without?: LaunchOptions['without'];
  /** Whether `doom` is possible: the processes are started by an entry point that wraps their ports. */
  isDoomed?: boolean;
  /** Over the environment of the run: SKALD_… reach the coordinator and the services. */
  env?: Record<string, string>;
}

export interface Skald {
  /** What runs, as in run.json: `processes.<name>.pid`, `urls.<name>`, `databases.<name>`. */
  run: () => Run;
  url: (name: 'coordinator' | ServiceName) => string;
  /** `kill -9` of coordinator, a service, postgres or kafka; returns when it is back. */
  kill: (name: string) => Promise<void>;
  /** `kill -9` of coordinator or a service, which stays down until it is let back. */
  hold: (name: string) => Promise<LetBack>;
  /** `kill -9` at a point of its own (see doom.mjs), which it comes to some time; returns when it is back. */
  doom: (name: string, doom: Doom) => Promise<void>;
  /** SIGSTOP: it is there and answers nothing, until SIGCONT. */
  signal: (name: string, signal: 'SIGSTOP' | 'SIGCONT') => void;
  /** One more coordinator on the same database. */
  addCoordinator: (env?: Record<string, string>) => Promise<Launched>;
  /** Lines that an operator would have seen so far. */
  reports: string[];
  stop: () => Promise<void>;
}

/** The `hit`-th time that a process comes to `point` is its last. */
export interface Doom {
  readonly point: string;
  readonly hit: number;
}

/** Ends a hold; returns when the process serves again. */
export type LetBack = () => Promise<void>;

const BACK_TIMEOUT_MS = 60_000;

/**
 * All processes of `npm start`, from the current sources, on free ports and in a folder of their
 * own, with a PostgreSQL of their own that writes through to disk. Stop it in `afterAll`.
 */
export async function startSkald(options: SkaldOptions = {}): Promise<Skald> {
  await transpile();
  const { kafka = false, without = [], isDoomed = false } = options;
  const dataDir = mkdtempSync(join(tmpdir(), 'skald-run-'));
  const reports: string[] = [];
  const report = (line: string) => reports.push(line);
  const env = { ...process.env, ...options.env };
  const mainOf = (name: string) => {
    const before = isDoomed ? doomOf(dataDir, name).lines : [];
    return holdable(dataDir, name, mainOfApp(name), before);
  };
  const launched = await launch({ port: 0, dataDir, kafka, without, env, report, mainOf }).catch(
    (error: unknown) => {
      rmSync(dataDir, { recursive: true, force: true });
      throw new Error(reports.join('\n'), { cause: error });
    },
  );
  const run = () => readRun(dataDir) ?? launched.run;
  return {
    run,
    url: (name) => launched.run.urls[name] ?? '',
    kill: (name) => kill(name, run),
    hold: (name) => hold(name, { run, file: holdFile(dataDir, name) }),
    doom: (name, how) => doom(name, how, { run, file: doomOf(dataDir, name).file }),
    signal: (name, signal) => {
      process.kill(pidOf(name, run), signal);
    },
    addCoordinator: (more = {}) =>
      launchCoordinator({ port: 0, dataDir, main: launched.run, env: { ...env, ...more }, report }),
    reports,
    stop: async () => {
      await launched.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function pidOf(name: string, run: () => Run): number {
  const { pid } = run().processes[name] ?? {};
  if (pid === undefined) throw new Error(`${name} does not run`);
  return pid;
}

async function kill(name: string, run: () => Run): Promise<void> {
  const before = pidOf(name, run);
  process.kill(before, 'SIGKILL');
  const isBack = () => run().processes[name]?.pid !== before;
  await waitFor(isBack, { timeoutMs: BACK_TIMEOUT_MS, what: `${name} to be back` });
}

async function hold(
  name: string,
  { run, file }: { run: () => Run; file: string },
): Promise<LetBack> {
  const before = pidOf(name, run);
  writeFileSync(file, '');
  process.kill(before, 'SIGKILL');
  const isDown = () => !isAlive(before);
  await waitFor(isDown, { timeoutMs: BACK_TIMEOUT_MS, what: `${name} to be down` });
  return async () => {
    rmSync(file);
    const isBack = () => run().processes[name]?.pid !== before;
    await waitFor(isBack, { timeoutMs: BACK_TIMEOUT_MS, what: `${name} to be back` });
  };
}

async function doom(
  name: string,
  how: Doom,
  { run, file }: { run: () => Run; file: string },
): Promise<void> {
  const before = pidOf(name, run);
  writeFileSync(file, JSON.stringify(how));
  const isBack = () => !existsSync(file) && run().processes[name]?.pid !== before;
  const what = `${name} to die at ${how.point} and to be back`;
  await waitFor(isBack, { timeoutMs: BACK_TIMEOUT_MS, what });
}
