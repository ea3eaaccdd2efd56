import { lookup as resolveByDns } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Where a participant is reached, as registered by whoever runs the coordinator. */
export interface RegisteredOrigin {
  /** Scheme, host and port in the normal form of the WHATWG URL standard. */
  readonly origin: string;
  /** Named in `allowedOrigins`: may lie outside of this machine. */
  readonly isListed: boolean;
}

const ORIGIN = /^https?:\/\/[^/?#@\\\s]+\/?$/i;
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');
// Cloud metadata services live there: no name may lead to them, listed or not.
const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4');
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');

/**
 * The origin of `participant` in normal form. Loopback is allowed (an address, however it is spelt, or
 * `localhost`), anything else only when `allowedOrigins` lists the same origin.
 *
 * @throws TypeError naming the participant, when it is no bare http or https origin or not allowed.
 */
export function registerOrigin(
  participant: string,
  text: string,
  allowedOrigins: readonly string[] = [],
): RegisteredOrigin {
  const url = parseOrigin(`participant ${participant}`, text);
  const isListed = allowedOrigins.some(
    (allowed) => parseOrigin('allowedOrigins', allowed).origin === url.origin,
  );
  if (!isListed && !isLoopbackHost(url.hostname)) {
    throw new TypeError(
      `participant ${participant}: ${url.origin} is not loopback; list it in allowedOrigins to allow it`,
    );
  }
  return { origin: url.origin, isListed };
}

function parseOrigin(where: string, text: string): URL {
  // What is wrong is not repeated: with user-info it would carry a password into logs.
  if (!ORIGIN.test(text) || !URL.canParse(text)) {
    throw new TypeError(
      `${where}: expected an origin as http://host:port, without user-info, path or query`,
    );
  }
  return new URL(text);
}

function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || isIn(LOOPBACK, hostname.replace(/^\[|\]$/g, ''));
}

/** IPv4 addresses mapped into IPv6 count as what they are. */
function isIn(list: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Resolves a registered host when a connection is made, and fails with `ERR_ADDRESS_REFUSED` when it
 * leads somewhere else by then (DNS rebinding): off loopback unless listed, to a link-local address in
 * any case.
 */
export function guardedLookup(
  isListed: boolean,
  resolve: LookupFunction = dnsLookup,
): LookupFunction {
  const isRefused = (address: string) =>
    isListed ? isIn(LINK_LOCAL, address) : !isIn(LOOPBACK, address);
  return (hostname, options, callback) => {
    resolve(hostname, options, (error, found, family) => {
      const addresses = typeof found === 'string' ? [found] : found.map(({ address }) => address);
      if (error || !addresses.some(isRefused)) {
        callback(error, found, family);
        return;
      }
      const refusal = Object.assign(new Error(`${hostname} leads to an address that is refused`), {
        code: 'ERR_ADDRESS_REFUSED',
      });
      callback(refusal, found, family);
    });
  };
}

const dnsLookup: LookupFunction = (hostname, options, callback) => {
  resolveByDns(hostname, options, (error, found, family) => {
    // On errors Node passes no address at all, whatever its types say.
    callback(error, error ? '' : found, family);
  });
};
