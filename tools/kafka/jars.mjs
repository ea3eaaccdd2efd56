import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../paths.mjs';

const run = promisify(execFile);
const POM = join(ROOT, 'tools', 'kafka', 'pom.xml');
const MAVEN_TIMEOUT_MS = 300_000;
const APT_TIMEOUT_MS = 600_000;

/** Apache Kafka's version as the pom names it. */
export const KAFKA_VERSION =
  /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(
    readFileSync(POM, 'utf8'),
  )?.[1] ?? 'unknown';

/**
 * The folder with the broker's jars, fetched by Maven when it is not there yet. Two processes may
 * do so at once: each fetches into a folder of its own, and the first to rename it wins.
 *
 * @param {string} [cache]
 * @returns {Promise<string>}
 */
export async function ensureJars(cache = join(ROOT, '.cache', 'kafka')) {
  const libs = join(cache, KAFKA_VERSION, 'libs');
  if (existsSync(libs)) return libs;
  const draft = join(cache, KAFKA_VERSION, `libs.${randomUUID()}`);
  mkdirSync(dirname(draft), { recursive: true });
  try {
    await copyDependencies(draft);
    renameSync(draft, libs);
  } catch (error) {
    if (!existsSync(libs)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return libs;
}

/**
 * The command of a Java that runs this Kafka (17 or later), or null.
 *
 * @returns {Promise<string | null>}
 */
export async function findJava() {
  const home = process.env['JAVA_HOME'];
  for (const java of home ? [join(home, 'bin', 'java'), 'java'] : ['java']) {
    const answer = await run(java, ['-version']).catch(() => null);
    const major = /version "(\d+)/.exec(answer?.stderr ?? '')?.[1];
    if (Number(major) >= 17) return java;
  }
  return null;
}

/** True when the jars are here, or Maven is, to fetch them. */
export async function canFetchJars() {
  if (existsSync(join(ROOT, '.cache', 'kafka', KAFKA_VERSION, 'libs'))) return true;
  return run('mvn', ['-version']).then(
    () => true,
    () => false,
  );
}

/** True when this is Debian (or one of its family) and we may install packages on it. */
export async function canInstall() {
  if (process.getuid?.() !== 0) return false;
  return run('apt-get', ['--version']).then(
    () => true,
    () => false,
  );
}

/** Installs Java and Maven by apt-get. */
export async function installJava() {
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: APT_TIMEOUT_MS,
    maxBuffer: 64 * 1024 * 1024,
  };
  const packages = ['openjdk-17-jdk-headless', 'maven'];
  await run('apt-get', ['update', '-q'], options);
  await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], options);
}

/** @param {string} target */
async function copyDependencies(target) {
  const words = ['-B', '-q', '-f', POM, 'dependency:copy-dependencies'];
  const options = { timeout: MAVEN_TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024 };
  try {
    await run('mvn', [...words, `-DoutputDirectory=${target}`, '-DincludeScope=runtime'], options);
  } catch (cause) {
    const { stdout = '' } = /** @type {{ stdout?: string }} */ (cause);
    const reason = stdout.trim().split('\n').slice(0, 5).join('\n');
    throw new Error(`Maven could not fetch Apache Kafka ${KAFKA_VERSION}:\n${reason}`, { cause });
  }
}
