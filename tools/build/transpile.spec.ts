import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { transpile } from './transpile.mjs';

describe('the build', () => {
  let root: string;

  function write(path: string, text: string) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'skald-build-'));
    write('package.json', '{}');
    write('.swcrc', '{ "jsc": { "parser": { "syntax": "typescript" } } }');
    write('libs/core/src/index.ts', 'export const one: number = 1;');
    write('libs/core/src/deep/two.ts', 'export const two = 2;');
    write('libs/core/src/index.spec.ts', 'it.todo("is left out");');
  });

  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  it('writes JavaScript and source maps of sources, not of specs', async () => {
    expect(await transpile(root)).toEqual({ built: 2, removed: 0 });
    expect(readFileSync(join(root, 'libs/core/dist/index.js'), 'utf8')).toContain('one = 1');
    const map = readFileSync(join(root, 'libs/core/dist/deep/two.js.map'), 'utf8');
    expect(JSON.parse(map)).toMatchObject({ sources: ['../../src/deep/two.ts'] });
    expect(existsSync(join(root, 'libs/core/dist/index.spec.js'))).toBe(false);
  });

  it('leaves what a bundler builds to the bundler', async () => {
    write('apps/page/vite.config.ts', 'export default {};');
    write('apps/page/src/main.ts', 'export const page = 1;');
    write('apps/page/dist/assets/main-a1b2.js', 'page');
    expect(await transpile(root)).toEqual({ built: 2, removed: 0 });
    expect(existsSync(join(root, 'apps/page/dist/assets/main-a1b2.js'))).toBe(true);
    expect(existsSync(join(root, 'apps/page/dist/main.js'))).toBe(false);
  });

  it('builds again only what changed, was lost, or has other options', async () => {
    await transpile(root);
    expect(await transpile(root)).toEqual({ built: 0, removed: 0 });
    write('libs/core/src/index.ts', 'export const one = 11;');
    rmSync(join(root, 'libs/core/dist/deep/two.js'));
    expect(await transpile(root)).toEqual({ built: 2, removed: 0 });
    write('.swcrc', '{ "jsc": { "parser": { "syntax": "typescript" }, "target": "es2022" } }');
    expect(await transpile(root)).toEqual({ built: 2, removed: 0 });
  });

  it('removes the outputs of a source that is gone, types too', async () => {
    await transpile(root);
    write('libs/core/dist/deep/two.d.ts', 'export declare const two = 2;');
    rmSync(join(root, 'libs/core/src/deep/two.ts'));
    expect(await transpile(root)).toEqual({ built: 0, removed: 3 });
    expect(existsSync(join(root, 'libs/core/dist/index.js'))).toBe(true);
  });
});
