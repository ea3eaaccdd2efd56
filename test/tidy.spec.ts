import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, workspaces } from '../tools/paths.mjs';

interface Manifest {
  name: string;
  description?: string;
  license?: string;
  version: string;
  dependencies?: Record<string, string>;
}

interface Lock {
  packages: Record<string, { resolved?: string; optionalDependencies?: Record<string, string> }>;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
}

/** Files of the repository, those not yet added included. */
function files(): string[] {
  const words = ['ls-files', '--cached', '--others', '--exclude-standard'];
  return execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((path) => /\.(ts|tsx|mjs|js|cjs)$/.test(path) && existsSync(join(ROOT, path)));
}

/** The lines that match, as `path:line: text`. The pattern is spelled so that it spares itself. */
function findLines(pattern: RegExp, paths: string[]): string[] {
  return paths.flatMap((path) =>
    readFileSync(join(ROOT, path), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${path}:${String(index + 1)}: ${line.trim()}`] : [],
      ),
  );
}

describe('the repository', () => {
  it('has no marks of unfinished work', () => {
    expect(findLines(/\b(FIX[M]E|XX[X]|HA[C]K)\b/, files())).toEqual([]);
  });

  it('skips no test and runs none alone', () => {
    const pattern =
      /\b(it|test|describe)[.](only|skip)\b|\bx(it|describe|test)\(|\bf(it|describe)\(/;
    expect(findLines(pattern, files().filter(isTest))).toEqual([]);
  });

  it('does not sleep in tests', () => {
    const pattern = /setTimeout\([^)]*, *[0-9_]{4,}\)|await (sleep|delay)\(/;
    expect(findLines(pattern, files().filter(isTest))).toEqual([]);
  });

  it('describes each package, under one licence and version', () => {
    const root = readJson('package.json') as Manifest;
    for (const workspace of workspaces()) {
      const manifest = readJson(join(workspace, 'package.json')) as Manifest;
      expect({ workspace, described: (manifest.description ?? '').length > 10 }).toEqual({
        workspace,
        described: true,
      });
      expect({ workspace, version: manifest.version, license: manifest.license }).toEqual({
        workspace,
        version: root.version,
        license: root.license,
      });
    }
  });

  it('numbers the migrations of each database without gaps', () => {
    const source = join(ROOT, 'migrations', 'src');
    const folders = existsSync(source) ? readdirSync(source, { withFileTypes: true }) : [];
    for (const folder of folders.filter((entry) => entry.isDirectory())) {
      const numbered = readdirSync(join(source, folder.name))
        .filter((name) => /^\d{13}-[a-z0-9-]+\.ts$/.test(name))
        .sort();
      const wanted = numbered.map((_name, index) => String(index + 1).padStart(13, '0'));
      const numbers = numbered.map((name) => name.slice(0, 13));
      expect({ folder: folder.name, numbers }).toEqual({ folder: folder.name, numbers: wanted });
    }
  });

  it('has a lock that npm ci accepts on every platform and that names no registry', () => {
    const { packages } = readJson('package-lock.json') as Lock;
    const resolved = Object.values(packages).filter((entry) => entry.resolved?.startsWith('http'));
    expect(resolved).toEqual([]);
    const missing = Object.entries(packages).flatMap(([parent, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter(
        (name) => !packages[`node_modules/${name}`] && !packages[`${parent}/node_modules/${name}`],
      ),
    );
    // node tools/complete-lock.mjs adds what npm left out.
    expect(missing.filter((name) => /[-/](darwin|linux|win32)-/.test(name))).toEqual([]);
  });
});

function isTest(path: string): boolean {
  return /\.(spec|property)\.ts$/.test(path) || path.startsWith('test/');
}
