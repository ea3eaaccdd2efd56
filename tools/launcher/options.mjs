import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** A command line or environment that cannot be obeyed: one line on stderr, exit code 2. */
export class UsageError extends Error {}

/** The services in the order of their ports. */
export const SERVICES = /** @type {const} */ ([
  'order',
  'payment',
  'inventory',
  'warehouse-north',
  'warehouse-south',
]);

/** @typedef {typeof SERVICES[number]} ServiceName */

/**
 * @typedef {object} StartOptions
 * @property {number} port Of the coordinator; the services follow. 0 = free ones.
 * @property {string} dataDir Absolute.
 * @property {boolean} kafka
 * @property {ServiceName[]} without
 * @property {boolean} demo
 * @property {boolean} help
 */

export const START_USAGE = `npm start [-- options]

  --port P             coordinator on port P, order, payment, inventory, warehouse-north and
                       warehouse-south on P+1 to P+5; 0 = free ones (default 4600)
  --data-dir D         where all data lie (default .skald)
  --kafka              commands and replies travel over Apache Kafka instead of HTTP
  --without a[,b]      leave out some of the services, so that yours can take their place
  --demo               a stream of transactions of every kind, some of which fail
  --help

Environment: DATABASE_URL, ORDER_DATABASE_URL, PAYMENT_DATABASE_URL, INVENTORY_DATABASE_URL,
WAREHOUSE_NORTH_DATABASE_URL, WAREHOUSE_SOUTH_DATABASE_URL, KAFKA_BROKERS point at servers of yours
(with max_prepared_transactions above 0); SKALD_PARTICIPANTS='inventory=http://127.0.0.1:5001'
registers participants of yours. Other SKALD_* variables reach the coordinator and the services.
`;

export const COORDINATOR_USAGE = `npm run coordinator [-- options]

  --port P             port of the additional coordinator, 0 = a free one (default 4610)
  --data-dir D         data folder of the running npm start (default .skald)
  --help
`;

/**
 * @param {string[]} words
 * @returns {StartOptions}
 */
export function parseStartOptions(words) {
  const values = parse(words, {
    port: { type: 'string', default: '4600' },
    'data-dir': { type: 'string', default: '.skald' },
    kafka: { type: 'boolean', default: false },
    without: { type: 'string', default: '' },
    demo: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  });
  return {
    port: portOf(String(values['port']), SERVICES.length),
    dataDir: resolve(String(values['data-dir'])),
    kafka: values['kafka'] === true,
    without: servicesOf(String(values['without'])),
    demo: values['demo'] === true,
    help: values['help'] === true,
  };
}

/** @param {string[]} words */
export function parseCoordinatorOptions(words) {
  const values = parse(words, {
    port: { type: 'string', default: '4610' },
    'data-dir': { type: 'string', default: '.skald' },
    help: { type: 'boolean', default: false },
  });
  return {
    port: portOf(String(values['port']), 0),
    dataDir: resolve(String(values['data-dir'])),
    help: values['help'] === true,
  };
}

/**
 * @param {string[]} words
 * @param {import('node:util').ParseArgsConfig['options']} options
 * @returns {Record<string, unknown>}
 */
function parse(words, options) {
  try {
    return parseArgs({ args: words, options: options ?? {}, strict: true }).values;
  } catch (error) {
    const [first = ''] = String(error instanceof Error ? error.message : error).split(/[.\n]/);
    throw new UsageError(`${first} (--help lists the options)`);
  }
}

/**
 * @param {string} text
 * @param {number} following How many ports after it are needed too.
 */
function portOf(text, following) {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port + following > 65_535) {
    throw new UsageError(`--port wants a number from 0 to ${65_535 - following}, got "${text}"`);
  }
  return port;
}

/** @param {string} text */
function servicesOf(text) {
  const names = text.split(',').filter((name) => name !== '');
  const unknown = names.find((name) => !SERVICES.some((service) => service === name));
  if (unknown !== undefined) {
    throw new UsageError(`--without wants some of ${SERVICES.join(', ')}, got "${unknown}"`);
  }
  return SERVICES.filter((service) => names.includes(service));
}
