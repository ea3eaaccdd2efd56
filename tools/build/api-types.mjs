import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeAtomically } from '../files.mjs';
import { ROOT } from '../paths.mjs';
import { transpile } from './transpile.mjs';

const TARGET = join('apps', 'dashboard', 'src', 'api', 'schema.gen.d.ts');
const HEAD =
  '// Generated from the OpenAPI document of @skald/server by tools/build/api-types.mjs.\n';

/**
 * Writes the dashboard's types of the API, made of the OpenAPI document of the current sources. They
 * are not kept in the repository, so they cannot differ from what the coordinator answers.
 *
 * @returns {Promise<boolean>} Whether they changed.
 */
export async function writeApiTypes() {
  await transpile();
  const server = join(ROOT, 'libs', 'server', 'dist', 'index.js');
  const { apiDocument } = await import(pathToFileURL(server).href);
  const { default: openapi, astToString } = await import('openapi-typescript');
  const text = HEAD + astToString(await openapi(apiDocument(), { alphabetize: true }));
  const path = join(ROOT, TARGET);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return false;
  writeAtomically(path, text);
  return true;
}
