import { CoordinatorError } from '@skald/core';
import type { FastifyInstance } from 'fastify';

/** A known path asked with a method it does not have is 405 with `Allow`, not 404. */
export function answerMethodNotAllowed(fastify: FastifyInstance): void {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];
  fastify.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return;
    const pattern = new RegExp(`^${url.replaceAll('.', '\\.').replaceAll(/:[^/]+/g, '[^/]+')}$`);
    routes.push({ pattern, methods: [method].flat() });
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) {
      done();
      return;
    }
    const [path = '/'] = request.url.split('?', 1);
    const methods = routes.flatMap((route) => (route.pattern.test(path) ? route.methods : []));
    if (methods.length === 0 || methods.includes(request.method)) {
      done();
      return;
    }
    const allow = [...new Set(methods)].sort().join(', ');
    void reply.header('allow', allow);
    done(new CoordinatorError('METHOD_NOT_ALLOWED', `allowed here: ${allow}`));
  });
}
