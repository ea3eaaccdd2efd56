import {
  createConnection,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';

/**
 * A proxy before a PostgreSQL server, to fail where networks fail.
 *
 * `forward` passes everything. `drop-answer` passes requests, but the first answer cuts the connection
 * instead of arriving. `drop-request` cuts the connection at the next request. `silent` passes nothing
 * and cuts nothing. `die-at-handshake` passes everything, and with the end of a handshake, in one piece, the
 * message of a server that dies; then it cuts the connection.
 */
export type ProxyMode = 'forward' | 'drop-answer' | 'drop-request' | 'silent' | 'die-at-handshake';

export class TcpProxy {
  mode: ProxyMode = 'forward';
  /** Once set: the next statement that has this text is executed, and its answer cuts the connection. */
  dropAnswerTo: string | undefined;
  /** Statements that were executed through it so far. */
  executed = 0;
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly target: URL,
    private port: number,
  ) {}

  /** A proxy that listens, before the server of the connection URL `url`. */
  static async before(url: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(url), 0);
    await proxy.open();
    return proxy;
  }

  /** The connection URL by way of the proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String(this.port);
    return url.href;
  }

  /** Listens (again, under the same port). */
  async open(): Promise<void> {
    const server = createServer((client) => {
      this.connect(client);
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Cuts all connections and refuses new ones. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (this.server)
        this.server.close(() => {
          resolve();
        });
      else resolve();
    });
    this.server = undefined;
    this.cut();
    await closed;
  }

  /** Cuts the connections there are; new ones are fine. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private connect(client: Socket): void {
    const server = createConnection(Number(this.target.port), this.target.hostname);
    for (const [socket, peer] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        peer.destroy();
      });
    }
    const count = executions();
    let isDropping = false;
    client.on('data', (chunk) => {
      if (this.mode === 'drop-request') client.destroy();
      if (this.mode === 'silent' || this.mode === 'drop-request') return;
      this.executed += count(chunk);
      if (this.dropAnswerTo !== undefined && chunk.includes(this.dropAnswerTo)) {
        this.dropAnswerTo = undefined;
        isDropping = true;
      }
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (this.mode === 'drop-answer' || isDropping) client.destroy();
      if (this.mode === 'forward' && !isDropping) client.write(chunk);
      if (this.mode === 'die-at-handshake') {
        const isReady = chunk.subarray(-READY.length).equals(READY);
        if (isReady) client.end(Buffer.concat([chunk, DYING]));
        else client.write(chunk);
      }
    });
  }
}

/** ReadyForQuery, outside of a database transaction. */
const READY = Buffer.from('Z\0\0\0\x05I');
/** ErrorResponse: severity, SQLSTATE, message. */
const DYING = message('E', 'SFATAL\0C57P01\0Mterminating connection\0\0');

function message(type: string, body: string): Buffer {
  const head = Buffer.from(`${type}\0\0\0\0`);
  head.writeInt32BE(4 + Buffer.byteLength(body), 1);
  return Buffer.concat([head, Buffer.from(body)]);
}

const EXECUTE = 'E'.charCodeAt(0);
const SIMPLE_QUERY = 'Q'.charCodeAt(0);

/** Counts the messages that execute something in a stream from the client: type, length, body. */
function executions(): (chunk: Buffer) => number {
  let pending = Buffer.alloc(0);
  let isStarted = false;
  return (chunk) => {
    let found = 0;
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      const typeBytes = isStarted ? 1 : 0; // The first message has no type.
      if (pending.length < typeBytes + 4) return found;
      const length = typeBytes + pending.readInt32BE(typeBytes);
      if (pending.length < length) return found;
      if (isStarted && (pending[0] === EXECUTE || pending[0] === SIMPLE_QUERY)) found += 1;
      isStarted = true;
      pending = pending.subarray(length);
    }
  };
}
