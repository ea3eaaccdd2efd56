import { CoordinatorError } from '@skald/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses, before anything is read, requests that are not meant for this server: those addressed to a
 * foreign host name (DNS rebinding), state-changing ones that a page of another origin sent (CSRF), and
 * ones whose doubled headers two parsers could read differently.
 */
export function guardDoors(fastify: FastifyInstance, allowedHosts: readonly string[]): void {
  const hosts = new Set([...LOOPBACK, ...allowedHosts.map((host) => host.toLowerCase())]);
  fastify.addHook('onRequest', (request, _reply, done) => {
    const refusal =
      refuseHost(request, hosts) ?? refuseOrigin(request) ?? refuseContentHeaders(request);
    done(refusal);
  });
}

function refuseHost(request: FastifyRequest, hosts: ReadonlySet<string>) {
  const host = request.headers.host ?? '';
  if (hosts.has(withoutPort(host))) return undefined;
  const detail = 'this server does not answer to that Host; SKALD_ALLOWED_HOSTS can add it';
  return new CoordinatorError('HOST_NOT_ALLOWED', detail);
}

function withoutPort(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}

function refuseOrigin(request: FastifyRequest) {
  if (READING.has(request.method)) return undefined;
  const { origin, host, 'sec-fetch-site': site } = request.headers;
  const isForeign = origin === undefined ? isForeignSite(site) : hostOf(origin) !== host;
  if (!isForeign) return undefined;
  return new CoordinatorError('ORIGIN_NOT_ALLOWED', 'a page of another origin may not do this');
}

function isForeignSite(site: string | string[] | undefined): boolean {
  return site === 'cross-site' || site === 'same-site';
}

function hostOf(origin: string): string | undefined {
  return /^https?:\/\/([^/]+)$/.exec(origin)?.[1];
}

function refuseContentHeaders({ raw, headers }: FastifyRequest) {
  if (countOf('content-type', raw.rawHeaders) > 1) return unsupported('expected one content-type');
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    return unsupported('expected no content-encoding');
  }
  const charset = /charset="?([^;"]+)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && charset.trim().toLowerCase() !== 'utf-8') {
    return unsupported('expected charset utf-8');
  }
  return undefined;
}

/** How often a header of this name is among names and values, one after the other. */
function countOf(header: string, rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === header.length && name.toLowerCase() === header) count++;
  }
  return count;
}

function unsupported(detail: string): CoordinatorError {
  return new CoordinatorError('MEDIA_TYPE_UNSUPPORTED', detail);
}
