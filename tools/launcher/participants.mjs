import { UsageError } from './options.mjs';

/**
 * Puts the participants that the user registers over ours: `name=where;name=where`.
 *
 * @param {Record<string, string>} ours
 * @param {string | undefined} theirs The value of SKALD_PARTICIPANTS.
 */
export function mergeParticipants(ours, theirs = '') {
  const all = new Map(Object.entries(ours));
  for (const entry of theirs.split(';').map((text) => text.trim())) {
    if (entry === '') continue;
    const at = entry.indexOf('=');
    if (at < 1) throw new UsageError(`SKALD_PARTICIPANTS wants name=where;…, got "${entry}"`);
    all.set(entry.slice(0, at).trim(), entry.slice(at + 1).trim());
  }
  return [...all].map(([name, where]) => `${name}=${where}`).join(';');
}
