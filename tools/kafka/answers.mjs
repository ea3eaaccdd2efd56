import { connect } from 'node:net';

/**
 * Asks for the broker's API versions (key 18, version 0), the one request that needs no state.
 *
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export function answers(port) {
  const request = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);
  return new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (/** @type {boolean} */ answer) => {
      socket.destroy();
      done(answer);
    };
    socket.setTimeout(2_000, () => end(false));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('data', () => end(true));
    socket.write(request);
  });
}
