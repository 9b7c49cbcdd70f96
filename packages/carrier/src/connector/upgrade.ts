import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { acceptKey } from '@sallyport/kubernetes';
import { CarrierError } from '../shared/carrier-error.ts';
import { carrierPath, carrierProtocol } from '../shared/constants.ts';

async function secured(socket: Socket, url: URL, ca: string | undefined, signal: AbortSignal): Promise<Socket> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const names = isIP(host) === 0 ? { servername: host } : { host };
  const secure = connect({ socket, ...names, ...(ca === undefined ? {} : { ca }), ALPNProtocols: ['http/1.1'] });
  await once(secure, 'secureConnect', { signal });
  return secure;
}

/**
 * Connects to the gateway and asks for the WebSocket. Throws a CarrierError: `unreachable`, or `upgrade-refused` with the
 * status of the response.
 */
export async function openWebSocket(
  deps: {
    url: URL;
    ca?: string | undefined;
    connectSocket(url: URL, signal: AbortSignal): Promise<Socket>;
  },
  signal: AbortSignal,
): Promise<{ socket: Socket; head: Buffer }> {
  const { url, ca } = deps;
  let socket: Socket | undefined;
  try {
    socket = await deps.connectSocket(url, signal);
    socket.setNoDelay(true);
    if (url.protocol === 'https:') socket = await secured(socket, url, ca, signal);
  } catch (cause) {
    socket?.destroy();
    const { message } = cause as Error;
    throw new CarrierError('unreachable', `${url.host} cannot be reached: ${message}`, { cause });
  }
  return ask(socket, url, signal);
}

function ask(socket: Socket, url: URL, signal: AbortSignal): Promise<{ socket: Socket; head: Buffer }> {
  const key = randomBytes(16).toString('base64');
  return new Promise((resolve, reject) => {
    const refuse = (message: string, options: { status?: number; cause?: unknown } = {}) => {
      socket.destroy();
      reject(new CarrierError('upgrade-refused', message, options));
    };
    const outgoing = request({
      createConnection: () => socket,
      path: url.pathname.replace(/\/$/, '') + carrierPath,
      headers: {
        host: url.host,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': key,
        'sec-websocket-protocol': carrierProtocol,
      },
      signal,
    });
    outgoing.on('error', (cause) => {
      if (!signal.aborted) return refuse(`${url.host} did not answer: ${cause.message}`, { cause });
      socket.destroy();
      reject(new CarrierError('timeout', `${url.host} did not answer in time`, { cause }));
    });
    outgoing.once('response', ({ statusCode: status = 0 }) =>
      refuse(`${url.host} did not accept a connector: status ${status}`, { status }),
    );
    outgoing.once('upgrade', ({ headers }, _socket, head) => {
      if (headers['sec-websocket-accept'] === acceptKey(key) && headers['sec-websocket-protocol'] === carrierProtocol)
        resolve({ socket, head });
      else refuse(`${url.host} accepted something else than a connector`, { status: 101 });
    });
    outgoing.end();
  });
}
