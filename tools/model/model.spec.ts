import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../paths.mjs';
import { PLAN, select } from './plan.mjs';
import { missingTools, readVerdict } from './spin.mjs';

const nowhere = mkdtempSync(join(tmpdir(), 'skald-nothing-'));

afterAll(() => rmSync(nowhere, { recursive: true }));

describe('npm run model', () => {
  it('says which tool is missing and how to get it, and does not pass for that', () => {
    const words = [join(ROOT, 'tools', 'model.mjs')];
    const env = { ...process.env, PATH: nowhere };
    const { status, stderr, stdout } = spawnSync(process.execPath, words, { env });
    expect(status).toBe(2);
    expect(String(stdout)).toBe('');
    expect(String(stderr)).toContain('spin is missing. Get it by: apt-get install spin');
    expect(String(stderr)).toContain('cc is missing. Get it by: apt-get install gcc');
    expect(missingTools({ PATH: nowhere })).toHaveLength(2);
  });

  it('checks what its words name, and all without any', () => {
    expect(select([]).cases).toHaveLength(PLAN.length);
    expect(select(['saga', 'bugs']).cases.map(({ name }) => name)).toContain('EARLY_ACK');
    expect(select(['NO_BAR']).cases).toHaveLength(1);
    expect(select(['two-phase', 'properties']).cases.every(({ isBug }) => !isBug)).toBe(true);
    expect(select(['two-phases'])).toEqual({ cases: [], unknown: ['two-phases'] });
  });

  it('checks models that exist, for properties that they state, with bugs that they can have', () => {
    for (const { model, properties, defines } of PLAN) {
      const file = join(ROOT, 'test', 'model', `${model}.pml`);
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      for (const property of properties) expect(text).toContain(`ltl ${property} {`);
      for (const define of defines) {
        const [name = ''] = define.split('=');
        expect({ model, used: new RegExp(`(ifn?def|defined\\() ?${name}\\b`).test(text) }).toEqual({
          model,
          used: true,
        });
      }
    }
  });

  it('has every planted bug of a model in its plan', () => {
    for (const model of ['two-phase', 'saga']) {
      const text = readFileSync(join(ROOT, 'test', 'model', `${model}.pml`), 'utf8');
      const list = text.slice(text.indexOf('Planted bugs'), text.indexOf('*/'));
      const planted = [...list.matchAll(/(?:^ \*|  ) +([A-Z]+_?[A-Z]+) +[a-z`]/gm)];
      const planned = PLAN.filter((one) => one.model === model && one.isBug);
      expect(planned.map(({ name }) => name).sort()).toEqual(
        planted.map(([, name]) => name).sort(),
      );
    }
  });
});

describe('the verdict of a search', () => {
  const full = (errors: number) =>
    `State-vector 108 byte, depth reached 180, errors: ${errors}\n  3512763 states, stored\n`;

  it('holds only when the search went everywhere and found nothing', () => {
    expect(readVerdict(full(0))).toEqual({ is: 'holds', states: 3_512_763, depth: 180 });
    expect(readVerdict(full(1)).is).toBe('broken');
    expect(readVerdict(`Warning: Search not completed\n${full(0)}`).is).toBe('incomplete');
    expect(readVerdict(`error: max search depth too small\n${full(0)}`).is).toBe('incomplete');
    expect(readVerdict('pan: out of memory').is).toBe('incomplete');
    expect(readVerdict('').is).toBe('incomplete');
  });

  it('reads large numbers as they are printed', () => {
    const text = 'depth reached 9, errors: 0\n 1.2e+07 states, stored (2.4e+07 visited)';
    expect(readVerdict(text).states).toBe(12_000_000);
  });
});
