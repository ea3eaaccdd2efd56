import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Where the built dashboard lies. */
export interface DashboardOptions {
  /**
   * Absolute path of a folder with `index.html`; what lies below its `assets` carries a hash in its
   * name. A file beside another with `.br` or `.gz` after its name is sent in its place to whoever takes
   * that. The folder may be missing, or be built anew meanwhile.
   */
  readonly dir: string;
}

/** First parts of paths that belong to the API: a page is never the answer there. */
const API: ReadonlySet<string> = new Set(['v1', 'docs', 'openapi.json', 'health', 'metrics']);

/** Where there is no page yet, for whoever opens it first. */
const NOT_BUILT = 'The dashboard is not built. npm run build makes it; the API is at /docs.\n';

const FOR_EVER = 'public, max-age=31536000, immutable';
const ASK_AGAIN = 'no-cache';

/**
 * Serves a single-page application at every path that no route of the API has: its files by name, and
 * the page itself to whoever asks for HTML, so that a link into it works. What else is unknown stays a
 * problem. It is a hook and not a route: routes below `/*` would take over the API's 404 and 405.
 */
export function serveDashboard(fastify: FastifyInstance, { dir }: DashboardOptions): void {
  void fastify.register(fastifyStatic, {
    root: dir,
    serve: false,
    preCompressed: true,
    cacheControl: false,
    dotfiles: 'ignore',
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    // Not async for these: what the API answers should not wait for a promise first.
    if (!request.is404 || (request.method !== 'GET' && request.method !== 'HEAD')) {
      done();
      return;
    }
    answer(dir, request, reply).then((isAnswered) => {
      if (!isAnswered) done();
    }, done);
  });
}

/** Whether there was something of the dashboard to answer with. */
async function answer(dir: string, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
  const path = pathOf(request);
  if (path === undefined || API.has(path.split('/', 2)[1] ?? '')) return false;
  if (await isFile(dir, path)) send(reply, path);
  else if (!takesHtml(request)) return false;
  else if (await isFile(dir, PAGE)) send(reply, PAGE);
  else if (path === '/') void reply.code(404).type('text/plain; charset=utf-8').send(NOT_BUILT);
  else return false;
  return true;
}

const PAGE = '/index.html';

/** The decoded path; undefined when it cannot be the name of a file. */
function pathOf({ url }: FastifyRequest): string | undefined {
  const [raw = '/'] = url.split('?', 1);
  try {
    const path = decodeURIComponent(raw);
    return /[\0\\]|(^|\/)\.\.?(\/|$)/.test(path) ? undefined : path;
  } catch {
    return undefined;
  }
}

async function isFile(dir: string, path: string): Promise<boolean> {
  const name = join(dir, path);
  if (!name.startsWith(dir + sep) || path.endsWith('/') || path.includes('/.')) return false;
  return stat(name).then(
    (found) => found.isFile(),
    () => false,
  );
}

function send(reply: FastifyReply, path: string): FastifyReply {
  const isHashed = path.startsWith('/assets/');
  return reply
    .header('cache-control', isHashed ? FOR_EVER : ASK_AGAIN)
    .header('vary', 'accept-encoding')
    .sendFile(path);
}

/** A program that takes anything is not asking for a page. */
function takesHtml({ headers }: FastifyRequest): boolean {
  return /\btext\/html\b/.test(headers.accept ?? '');
}
