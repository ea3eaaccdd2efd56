import { createServer } from 'node:net';

/**
 * Listens on a port of 127.0.0.1 for a moment (0 = any free one) and returns its number, or null
 * when somebody else has it.
 *
 * @param {number} port
 * @returns {Promise<number | null>}
 */
export function probePort(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : null));
    });
  });
}

/**
 * A port that nobody listens on now. Somebody may take it before the caller does: callers that can
 * try again with another one should.
 */
export async function freePort() {
  const port = await probePort(0);
  if (port === null) throw new Error('no free port on 127.0.0.1');
  return port;
}
