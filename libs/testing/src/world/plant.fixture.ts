import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A bug planted by replacing text of the shipped code; `find` must be there exactly once. */
export interface Mutant {
  readonly name: string;
  /** Below libs/. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const LIBS = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/** A place for packages with bugs in them, inside the tree, so that the tree's transform applies. */
export class Nursery {
  private readonly folder: string;

  constructor() {
    const cache = join(LIBS, '..', '.cache');
    mkdirSync(cache, { recursive: true });
    this.folder = mkdtempSync(join(cache, 'mutants-'));
  }

  /**
   * The module of the mutant's file with the bug in it; for one of core, core's index.
   *
   * @throws Error when the text to replace is gone.
   */
  load(mutant: Mutant): Promise<unknown> {
    const into = mkdtempSync(join(this.folder, 'm-'));
    plant(mutant, into);
    const module = mutant.file.startsWith('core/') ? 'core/src/index.ts' : mutant.file;
    return import(pathToFileURL(join(into, module)).href);
  }

  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function plant({ file, find, replace }: Mutant, into: string): void {
  const source = readFileSync(join(LIBS, file), 'utf8');
  const found = source.split(find).length - 1;
  if (found !== 1) throw new Error(`${file}: expected once, found ${found} times: ${find}`);
  const [library = ''] = file.split('/');
  const part = library === 'core' ? 'core/src' : dirname(file);
  const isOfTests = /\.(spec|property|fixture)\.ts$/;
  const filter = (path: string) => !isOfTests.test(path);
  cpSync(join(LIBS, part), join(into, part), { recursive: true, filter });
  writeFileSync(
    join(into, file),
    source.replace(find, () => replace),
  );
}
