import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { ROOT } from '../../tools/paths.mjs';

/**
 * Expects that the part of a document between `<!-- name: generated -->` and `<!-- /name -->` is `content`.
 * `UPDATE_DOCS=1 npx jest path/to.spec.ts` writes it instead.
 *
 * @param path of the document, from the root
 */
export async function expectGenerated(path: string, name: string, content: string): Promise<void> {
  const file = join(ROOT, path);
  const written = await readFile(file, 'utf8');
  const [begin, end] = [`<!-- ${name}: generated -->\n`, `<!-- /${name} -->`];
  const [before, rest = ''] = written.split(begin);
  const [, after] = rest.split(end);
  if (before === undefined || after === undefined) throw new Error(`${path} has no part ${name}`);
  const expected = `${before}${begin}\n${content}\n\n${end}${after}`;
  if (process.env['UPDATE_DOCS'] === '1') await writeFile(file, expected);
  else expect(written).toBe(expected);
}

/** A Markdown table of the variables of an environment. */
export function tableOfVariables(environment: z.ZodObject): string {
  const rows = Object.entries(environment.shape).map(([name, schema]) => {
    const { success, data } = (schema as z.ZodType).safeParse(undefined);
    const { description = '' } = schema as z.ZodType;
    return `| \`${name}\` | ${success ? shown(data) : '*required*'} | ${description} |`;
  });
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

function shown(value: unknown): string {
  if (typeof value === 'object' || value === undefined) return '';
  return `\`${JSON.stringify(value).replaceAll('"', '')}\``;
}
