import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { channels, encodeChannel, encodeFrame, opcodes, remoteCommandProtocol } from '@sallyport/kubernetes';

export type GatewayAddress = { url: string; caPem: string };

type Call = { method?: string; path: string; token?: string; type?: string; body?: string; headers?: object };

const callMs = 30_000;

function begin({ url, caPem }: GatewayAddress, call: Call, signal: AbortSignal) {
  const { method = 'GET', path, token, type = 'application/json', body, headers } = call;
  const request = httpsRequest(url + path, {
    method,
    ca: caPem,
    agent: false,
    signal,
    headers: {
      // Requests of people in the trail name their program.
      'user-agent': 'kubectl/v1.36.3 (linux/amd64) kubernetes/demo',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
      ...headers,
    },
  });
  request.end(body);
  return request;
}

/** Sends a request to the gateway, and reads the answer. */
export async function callGateway(gateway: GatewayAddress, call: Call): Promise<{ status: number; text: string }> {
  const request = begin(gateway, call, AbortSignal.timeout(callMs));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const text = Buffer.concat(await response.toArray()).toString();
  return { status: response.statusCode!, text };
}

/** Opens a watch or a log, and reads it until the gateway or `signal` ends it. */
export function follow(gateway: GatewayAddress, call: Call, signal: AbortSignal): void {
  const request = begin(gateway, call, signal);
  request.on('response', (response) => response.on('error', () => undefined).resume());
  request.on('error', () => undefined);
}

/**
 * Opens a shell or runs a command by WebSocket. Returns what types a line into it, once it is open, and undefined if it
 * was refused. It ends with the command, or with `signal`.
 */
export async function openShell(
  gateway: GatewayAddress,
  call: Pick<Call, 'path' | 'token'>,
  signal: AbortSignal,
): Promise<((line: string) => void) | undefined> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    'sec-websocket-protocol': remoteCommandProtocol,
  };
  const request = begin(gateway, { ...call, headers }, signal);
  return new Promise((resolve) => {
    request.on('error', () => resolve(undefined));
    request.on('response', (response) => {
      response.resume();
      resolve(undefined);
    });
    request.on('upgrade', (_response, socket) => {
      const end = () => socket.destroy();
      signal.addEventListener('abort', end);
      socket.on('error', () => undefined);
      socket.on('end', end);
      socket.on('close', () => signal.removeEventListener('abort', end));
      socket.resume();
      resolve((line) => {
        const payload = encodeChannel(channels.stdin, Buffer.from(`${line}\n`));
        if (socket.writable) socket.write(encodeFrame({ opcode: opcodes.binary, payload, mask: randomBytes(4) }));
      });
    });
  });
}
