// Builds what would be published, types included, and lets publint look at each package.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { transpile } from '../build/transpile.mjs';
import { emitTypes } from '../build/types.mjs';
import { nodeWorkspaces, ROOT } from '../paths.mjs';

await transpile();
if (!emitTypes()) process.exitCode = 1;
for (const workspace of nodeWorkspaces()) {
  const pkgDir = join(ROOT, workspace);
  const manifest = JSON.parse(readFileSync(join(pkgDir, 'package.json'), 'utf8'));
  if (manifest.private === true || !existsSync(join(pkgDir, 'src', 'index.ts'))) continue;
  const { messages } = await publint({ pkgDir, pack: false, strict: true });
  for (const message of messages.filter(({ type }) => type !== 'suggestion')) {
    console.log(`${workspace}: ${formatMessage(message, manifest) ?? message.code}`);
    process.exitCode = 1;
  }
}
