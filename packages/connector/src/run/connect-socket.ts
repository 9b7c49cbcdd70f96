import { connect, type Socket } from 'node:net';
import { findProxy, openTunnel } from '@sallyport/kit/forward-proxy';

/** Opens the TCP connection to the host of a URL, through the proxy of the environment if it names one. */
export function connectSocket(env: NodeJS.ProcessEnv) {
  return async (url: URL, signal: AbortSignal): Promise<Socket> => {
    const port = Number(url.port || (url.protocol === 'http:' ? 80 : 443));
    const proxy = findProxy(url.origin, env);
    if (proxy) return openTunnel(proxy, `${url.hostname}:${port}`, signal);
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port,
        autoSelectFamily: true,
        noDelay: true,
      });
      const end = () => void socket.destroy(signal.reason as Error);
      signal.addEventListener('abort', end, { once: true });
      socket.on('error', reject);
      socket.once('connect', () => {
        signal.removeEventListener('abort', end);
        resolve(socket);
      });
    });
  };
}
