import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Proxy } from './find-proxy.ts';
import { ProxyFault } from './proxy-fault.ts';

const reasons: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'its host name does not exist',
  EAI_AGAIN: 'its host name cannot be resolved right now',
  ABORT_ERR: 'it does not answer',
  ETIMEDOUT: 'it does not answer',
  ECONNRESET: 'it closed the connection',
};

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
  return { 'proxy-authorization': `Basic ${credentials}` };
}

function unreachableProxy({ name, variable }: Proxy, host: string, error: unknown): ProxyFault {
  const { code, name: kind } = error as NodeJS.ErrnoException;
  const reason = kind === 'TimeoutError' ? reasons.ABORT_ERR : reasons[code ?? ''];
  return new ProxyFault(
    'unreachable',
    `the proxy ${name} cannot be reached: ${reason ?? `the connection failed${code === undefined ? '' : ` (${code})`}`}`,
    `Check ${variable}. If you reach ${host} without a proxy, add it to NO_PROXY.`,
    { cause: error },
  );
}

function refusal({ name, url, variable }: Proxy, target: string, status: number, text: string): ProxyFault {
  const start = `the proxy ${name} refused to connect to ${target}`;
  if (status !== 407)
    return new ProxyFault(
      'unreachable',
      `${start}: ${status} ${text}`.trimEnd(),
      'Ask the operator of the proxy to allow it. If you reach the gateway without a proxy, add it to NO_PROXY.',
    );
  return url.username === ''
    ? new ProxyFault(
        'unreachable',
        `${start}: it requires a user name and a password`,
        `Write them into ${variable}, like ${url.protocol}//USER:PASSWORD@${url.host}.`,
      )
    : new ProxyFault(
        'unreachable',
        `${start}: it does not accept the user name and password in ${variable}`,
        'Correct them. Write special characters as in a URL (%40 for @).',
      );
}

/**
 * Opens a connection to `target` (host and port) through a proxy (CONNECT, RFC 9110, 9.3.6). Throws a ProxyFault that
 * names the proxy, but not its password.
 */
export function openTunnel(proxy: Proxy, target: string, signal: AbortSignal): Promise<Socket> {
  const { url } = proxy;
  return new Promise((resolve, reject) => {
    const make = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = make({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || (url.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...authorization(url) },
      agent: false,
      signal,
    });
    request.on('error', (error) => reject(unreachableProxy(proxy, target.replace(/:\d+$/, ''), error)));
    request.once('connect', ({ statusCode = 0, statusMessage = '' }, socket, head) => {
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        return reject(refusal(proxy, target, statusCode, statusMessage));
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket as Socket);
    });
    request.end();
  });
}
