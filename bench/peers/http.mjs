// The same HTTP client for every peer: one undici pool of 64 keep-alive connections, no pipelining.
import { Pool } from 'undici';

const HEADERS = { 'content-type': 'application/json' };

export function httpClient(origin) {
  const pool = new Pool(origin, { connections: 64, pipelining: 1, keepAliveTimeout: 60_000 });

  async function call(path, id) {
    const body = `{"sagaId":"${id}","amount":4200}`;
    const response = await pool.request({ path, method: 'POST', headers: HEADERS, body });
    return response.body.json();
  }

  /** dispatch() without streams: the cheapest use of undici. */
  function post(path, body, done) {
    const chunks = [];
    pool.dispatch(
      { path, method: 'POST', headers: HEADERS, body },
      {
        onConnect() {},
        onHeaders: () => true,
        onData: (chunk) => chunks.push(chunk) > 0,
        onComplete() {
          const [only] = chunks;
          done(JSON.parse((chunks.length === 1 ? only : Buffer.concat(chunks)).toString()));
        },
        onError(error) {
          throw error;
        },
      },
    );
  }

  return { call, post, close: () => pool.close() };
}
