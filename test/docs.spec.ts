import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeOrder } from '../apps/coordinator/src/definitions/place-order.saga.js';
import { PROBLEMS, validate } from '@skald/core';
import { ROOT } from '../tools/paths.mjs';
import { greeting } from '../tools/launcher/greeting.mjs';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const words = ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'];
const documents = execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(ROOT, path)));

interface Quote {
  readonly document: string;
  readonly source: string | undefined;
  readonly code: string;
}

/** Blocks of TypeScript, and the file that the comment before each names; the README has no others. */
function quotes(): Quote[] {
  return documents.flatMap((document) =>
    [...read(document).matchAll(/(?:<!-- quoted from (\S+) -->\n\n)?```ts\n([^]*?)```/g)].map(
      ([, source, code = '']) => ({ document, source, code }),
    ),
  );
}

describe('the documents', () => {
  it('quote TypeScript that is compiled and tested, word for word', () => {
    expect(quotes().length).toBeGreaterThan(2);
    const rotten = quotes().filter(
      ({ document, source, code }) =>
        (source === undefined && document === 'README.md') ||
        (source !== undefined && !read(source).includes(code)),
    );
    expect(rotten).toEqual([]);
  });

  it('show the same order as npm start does, and it is one', () => {
    const shown = /-d '(\{"definition".*\})'/.exec(read('README.md'))?.[1] ?? '';
    const order = JSON.parse(shown) as { definition: string; input: unknown };
    expect(order.definition).toBe(placeOrder.name);
    expect(validate(placeOrder.input, order.input)).toMatchObject({ ok: true });
    const urls = { coordinator: 'http://127.0.0.1:4600' };
    expect(greeting({ urls } as never, '.skald')).toContain(shown);
  });

  it('speak of npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = documents.flatMap((document) =>
      [...read(document).matchAll(/\bnpm (?:run ([a-z]+)|(start|test)\b)/g)].map(
        ([, script, short]) => script ?? short ?? '',
      ),
    );
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });

  it('speak of problems that exist', () => {
    const codes = documents.flatMap((document) =>
      [...read(document).matchAll(/`[45]\d\d ([A-Z_]+)`/g)].map(([, code = '']) => code),
    );
    expect(codes.filter((code) => !(code in PROBLEMS))).toEqual([]);
  });
});
