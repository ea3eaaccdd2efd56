import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isInstalled } from './install.mjs';

describe('whether dependencies are installed', () => {
  let root: string;

  function write(path: string, packages: Record<string, object>) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), JSON.stringify({ packages }));
  }

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'skald-install-'));
    write('package-lock.json', {
      '': { version: '0.1.0' },
      'libs/core': { version: '0.1.0' },
      'node_modules/@skald/core': { link: true },
      'node_modules/zod': { version: '4.6.0' },
      'node_modules/zod-darwin-arm64': { version: '4.6.0', optional: true },
    });
  });

  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  it('is denied without node_modules, or after an install that did not end', () => {
    expect(isInstalled(root)).toBe(false);
    mkdirSync(join(root, 'node_modules', 'zod'), { recursive: true });
    expect(isInstalled(root)).toBe(false);
  });

  it('is said by the versions that npm noted, whatever else lies there', () => {
    const link = { 'node_modules/@skald/core': { link: true } };
    const note = 'node_modules/.package-lock.json';
    write(note, { ...link, 'node_modules/zod': { version: '4.6.0' } });
    expect(isInstalled(root)).toBe(true);
    write(note, { ...link, 'node_modules/zod': { version: '4.5.0' } });
    expect(isInstalled(root)).toBe(false);
    write(note, { 'node_modules/zod': { version: '4.6.0' } });
    expect(isInstalled(root)).toBe(false);
  });
});
