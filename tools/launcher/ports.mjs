import { freePorts, probePort } from '../ports.mjs';
import { UsageError } from './options.mjs';

/**
 * The ports for these processes: `first`, `first + 1`, …, or free ones for 0.
 *
 * @template {string} Name
 * @param {number} first
 * @param {readonly Name[]} names
 * @param {readonly string[]} [unused] Keep their number, but nobody listens on it.
 * @returns {Promise<Record<Name, number>>}
 */
export async function choosePorts(first, names, unused = []) {
  const numbers =
    first === 0 ? await freePorts(names.length) : names.map((_name, index) => first + index);
  const ports = /** @type {Record<Name, number>} */ ({});
  for (const [index, name] of names.entries()) {
    const port = numbers[index] ?? 0;
    ports[name] = port;
    if (unused.includes(name) || (await probePort(port)) !== null) continue;
    throw new UsageError(`Port ${port}, for ${name}, is in use: choose others with --port P`);
  }
  return ports;
}
