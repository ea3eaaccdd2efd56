import type { FastifyInstance } from 'fastify';

const POLICY =
  "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';" +
  "font-src 'self';frame-ancestors 'none';base-uri 'none';form-action 'self'";

/** Swagger UI styles its elements one by one. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/**
 * What Helmet would set, as it never changes: Helmet makes it anew for every request, which costs more
 * than reading the request does. No Strict-Transport-Security: this is plain HTTP on loopback, and a
 * proxy that ends TLS sets it.
 */
const HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
};

const DOCS_HEADERS = { ...HEADERS, 'content-security-policy': DOCS_POLICY };

/** Every answer gets them, refusals and problems as well. */
export function setSecurityHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(request.url.startsWith('/docs') ? DOCS_HEADERS : HEADERS);
    done();
  });
}
