import { createServer } from 'node:net';

/**
 * Listens on a port of 127.0.0.1 for a moment and returns its number, or null when somebody else
 * has it.
 *
 * @param {number} port
 */
export async function probePort(port) {
  const held = await hold(port);
  await held?.release();
  return held?.port ?? null;
}

/**
 * Different ports that nobody listens on now. Somebody may take one before the caller does: callers
 * that can try again with another one should.
 *
 * @param {number} count
 */
export async function freePorts(count) {
  const held = await Promise.all(Array.from({ length: count }, () => hold(0)));
  await Promise.all(held.map((one) => one?.release()));
  return held.map((one) => one?.port ?? 0);
}

/** One port that nobody listens on now. */
export async function freePort() {
  const [port = 0] = await freePorts(1);
  return port;
}

/**
 * @param {number} port
 * @returns {Promise<{ port: number, release: () => Promise<void> } | null>}
 */
function hold(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1' }, () => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address ? address.port : 0,
        release: () => new Promise((done) => server.close(() => done())),
      });
    });
  });
}
