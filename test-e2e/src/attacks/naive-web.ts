import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/** A request as an application sees it that reads headers as CGI does (RFC 3875, 4.1.18), and paths decoded. */
export type NaiveRequest = {
  path: string;
  /** Header names in upper case, with everything else than letters and digits as an underscore. */
  env: Record<string, string>;
  upgrade: boolean;
};

/** A gateway without defenses in front of an application of its own. It shows that an attack has an effect. */
export type NaiveWeb = {
  /** Sends the bytes to the gateway, and returns what then reached the application. */
  tryOut(bytes: string): Promise<NaiveRequest[]>;
  /** The hosts to which requests have been sent, other than the application. */
  foreignHosts: string[];
  clear(): void;
  stop(): Promise<void>;
};

const lenient = { insecureHTTPParser: true, maxHeaderSize: 1 << 20, requireHostHeader: false } as const;
const quietMs = 100;

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function createApplication(seen: NaiveRequest[]): Server {
  const server = createServer(lenient, (request, response) => {
    note(request, false);
    request.resume();
    response.end('{}');
  });
  const note = ({ url = '', rawHeaders }: IncomingMessage, upgrade: boolean) => {
    const env: Record<string, string> = {};
    for (let index = 0; index < rawHeaders.length; index += 2)
      env[rawHeaders[index]!.toUpperCase().replace(/[^A-Z0-9]/g, '_')] = rawHeaders[index + 1]!;
    seen.push({ path: readPath(url), env, upgrade });
  };
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('upgrade', (request, socket) => {
    note(request, true);
    socket.on('error', () => {}).end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
  });
  return server;
}

/** Reads a path as lax servers do: decoded until nothing is left, parameters removed, then normalized. */
function readPath(url: string): string {
  let path = url.split('?', 1)[0]!;
  try {
    while (path !== decodeURIComponent(path)) path = decodeURIComponent(path);
  } catch {
    // It stays as it is.
  }
  const plain = path.replaceAll('\\', '/').replace(/;[^/]*/g, '');
  return new URL(plain.replace(/\/{2,}/g, '/'), 'http://x').pathname;
}

/** Returns the headers as they are forwarded: the identity, then those of the client, without what Connection names. */
function forwarded({ rawHeaders, headers }: IncomingMessage): string[] {
  const named = (headers.connection ?? '').toLowerCase().split(/[\s,]+/);
  const lines = ['X-Webauth-User', 'alice@example.com', ...rawHeaders];
  return lines.filter((_one, index) => {
    const name = lines[index - (index % 2)]!.toLowerCase();
    return !named.includes(name) && name !== 'transfer-encoding' && name !== 'content-length';
  });
}

/** Starts it. Both servers accept what Node.js can be made to accept. */
export async function startNaiveWeb(): Promise<NaiveWeb> {
  const [seen, foreignHosts]: [NaiveRequest[], string[]] = [[], []];
  const application = createApplication(seen);
  const upstream = `http://127.0.0.1:${await listen(application)}`;
  const send = (request: IncomingMessage, done: () => void) => {
    // A target that a URL parser reads relative to the application can name another host.
    const target = new URL((request.url ?? '/').replaceAll('\\', '/'), upstream);
    if (target.origin !== upstream) {
      foreignHosts.push(target.host);
      return done();
    }
    const { method = 'GET' } = request;
    httpRequest(upstream, { method, path: request.url, headers: forwarded(request), agent: false })
      .on('response', (answer) => answer.on('end', done).resume())
      .on('upgrade', (_answer, socket) => {
        socket.destroy();
        done();
      })
      .on('error', done)
      .end();
  };
  const proxy = createServer(lenient, (request, response) => {
    request.resume();
    response.shouldKeepAlive = false; // the attacker need not wait
    try {
      send(request, () => response.end());
    } catch {
      response.writeHead(400).end();
    }
  });
  proxy.on('checkExpectation', (request, response) => proxy.emit('request', request, response));
  for (const event of ['upgrade', 'connect'])
    proxy.on(event, (request: IncomingMessage, socket: Duplex) => {
      socket.on('error', () => {});
      if (event === 'connect') foreignHosts.push(request.url ?? '');
      else seen.push({ path: readPath(request.url ?? ''), env: {}, upgrade: true });
      socket.end();
    });
  proxy.on('clientError', (_error, socket) => socket.destroy());
  const port = await listen(proxy);
  return {
    foreignHosts,
    async tryOut(bytes) {
      seen.length = 0;
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(Buffer.from(bytes, 'latin1'));
      await new Promise<void>((resolve) => {
        let timer = setTimeout(resolve, quietMs * 5);
        socket.on('data', () => {
          clearTimeout(timer);
          timer = setTimeout(resolve, quietMs);
        });
        socket.on('close', resolve);
      });
      socket.destroy();
      return [...seen];
    },
    clear() {
      seen.length = 0;
      foreignHosts.length = 0;
    },
    async stop() {
      for (const server of [proxy, application]) {
        server.closeAllConnections();
        server.close();
      }
      await Promise.resolve();
    },
  };
}
