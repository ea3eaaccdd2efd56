// Peers are installed when they are asked for, beside this file; Skald itself does not know them.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from '../../tools/launcher/install.mjs';

/** Says what is missing, if something is. */
export function ensurePeers() {
  try {
    ensureInstalled(dirname(fileURLToPath(import.meta.url)));
    return {};
  } catch (error) {
    return { needs: `its packages cannot be installed: ${String(error)}` };
  }
}
