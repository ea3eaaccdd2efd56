import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';

type Policy = Readonly<Record<string, readonly string[]>>;

const NONE = ["'none'"];
const SELF = ["'self'"];

const POLICY: Policy = {
  defaultSrc: NONE,
  scriptSrc: SELF,
  styleSrc: SELF,
  imgSrc: [...SELF, 'data:'],
  connectSrc: SELF,
  fontSrc: SELF,
  frameAncestors: NONE,
  baseUri: NONE,
  formAction: SELF,
};

/** Swagger UI styles its elements one by one. */
const DOCS_POLICY: Policy = {
  defaultSrc: NONE,
  scriptSrc: SELF,
  styleSrc: [...SELF, "'unsafe-inline'"],
  imgSrc: [...SELF, 'data:'],
  connectSrc: SELF,
  frameAncestors: NONE,
  baseUri: NONE,
  formAction: NONE,
};

/** Every answer gets them, refusals and problems as well. */
export function setSecurityHeaders(fastify: FastifyInstance): void {
  const headers = headersWith(POLICY);
  const docs = headersWith(DOCS_POLICY);
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(request.url.startsWith('/docs') ? docs : headers);
    done();
  });
}

/**
 * What Helmet sets. It is asked once: the answer is always the same, and to make it for every request
 * costs more than to read the request does. No Strict-Transport-Security: this is plain HTTP on
 * loopback, and a proxy that ends TLS sets it.
 */
function headersWith(policy: Policy): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const set = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: policy },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
  const response = {
    setHeader: (name: string, value: string) => void (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  set({} as never, response as unknown as ServerResponse, (error) => {
    if (error) throw error as Error;
  });
  return headers;
}
