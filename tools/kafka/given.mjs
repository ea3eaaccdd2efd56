/**
 * The cluster that KAFKA_BROKERS names (`host:port,host:port`), or null: then start one by
 * `startBroker`.
 *
 * @param {Record<string, string | undefined>} [env]
 * @returns {string[] | null}
 */
export function resolveBrokers(env = process.env) {
  const brokers = (env['KAFKA_BROKERS'] ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '');
  return brokers.length > 0 ? brokers : null;
}
