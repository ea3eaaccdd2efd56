import type { EventEmitter } from 'node:events';
import type { DataSource } from 'typeorm';

/**
 * Makes the connections of an initialized PostgreSQL DataSource outlive what they hear unasked.
 *
 * A server that dies says so on all its connections. `pg` hands a connection over as soon as it can be used,
 * and TypeORM listens to its errors a turn later; what arrived together with the last word of the handshake
 * is heard by nobody then, and Node ends a process for that. With this somebody always listens. The next
 * statement on such a connection fails, and the pool drops it, as before. Repeats are harmless.
 */
export function guardPool({ driver }: DataSource): void {
  const { master: pool } = driver as { readonly master?: EventEmitter };
  if (pool?.listeners('connect').includes(guard) === false) pool.on('connect', guard);
}

function guard(connection: EventEmitter): void {
  connection.on('error', ignore);
}

function ignore(): void {
  // Whoever uses the connection learns it by its statement.
}
