import { serve, type LocalServer, type SeenRequest } from './http-server.js';

/** Stands between a coordinator and a participant. */
export interface Gate {
  readonly origin: string;
  /** What it answers by 503 instead of passing it on. */
  refuse(when: (request: SeenRequest) => boolean): void;
  /** Nobody is there any more. */
  close(): Promise<void>;
  /** There again, at the same place. */
  reopen(): Promise<void>;
}

/** A gate in front of `target`, which passes everything at first. */
export async function gateTo(target: string): Promise<Gate> {
  let isRefused: (request: SeenRequest) => boolean = () => false;
  let port = 0;
  const listen = () =>
    serve((response, request) => {
      if (isRefused(request)) {
        response.writeHead(503).end();
        return;
      }
      const { method, path, headers, body } = request;
      const passed = ['content-type', 'authorization'].flatMap((name): [string, string][] => {
        const value = headers[name];
        return typeof value === 'string' ? [[name, value]] : [];
      });
      fetch(`${target}${path}`, { method, headers: passed, ...(method !== 'GET' && { body }) })
        .then(async (answer) => {
          const type = answer.headers.get('content-type') ?? 'text/plain';
          response.writeHead(answer.status, { 'content-type': type }).end(await answer.text());
        })
        .catch(() => response.destroy());
    }, port);
  let server: LocalServer = await listen();
  port = Number(new URL(server.origin).port);
  return {
    origin: server.origin,
    refuse: (when) => {
      isRefused = when;
    },
    close: () => server.close(),
    reopen: async () => {
      server = await listen();
    },
  };
}
